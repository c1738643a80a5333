using System;
using System.Diagnostics;

namespace Limber.Acpi;

/// <summary>
/// A piece of AML: a declaration, a statement, an expression or a constant. Made by <see cref="Aml"/>; immutable, so that a
/// term may stand in several places of a tree. Thread: any.
/// </summary>
public abstract class AmlTerm
{
    /// <param name="kind">Where the grammar allows the term.</param>
    /// <param name="length">Size of the encoded term in bytes.</param>
    private protected AmlTerm(AmlTermKind kind, int length)
    {
        Kind = kind;
        Length = length;
    }

    internal AmlTermKind Kind { get; }

    /// <summary>
    /// Size of the encoded term in bytes. Known when the term is made, from the sizes of its parts: a package length is then
    /// written before its body without a look at the body, and a tree costs time linear in its size, however deep.
    /// </summary>
    internal int Length { get; }

    /// <summary>The encoded term.</summary>
    public byte[] ToBytes()
    {
        var buffer = new AmlBuffer(Length);
        WriteTo(buffer);
        return buffer.ToArray();
    }

    /// <summary>Appends the encoded term.</summary>
    internal void WriteTo(AmlBuffer buffer)
    {
        int start = buffer.Length;
        Encode(buffer);
        // Invariant: the package lengths around this term were computed from Length.
        Debug.Assert(buffer.Length - start == Length, "An AML term was encoded in another length than it announced.");
    }

    private protected abstract void Encode(AmlBuffer buffer);
}
