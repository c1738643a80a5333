using System;
using System.Collections.Immutable;
using System.Linq;

namespace Limber.Interop;

/// <summary>Descriptors that a client handed over, in its order, until somebody keeps them. Thread: one at a time.</summary>
public sealed class ReceivedDescriptors : IDisposable
{
    private ImmutableArray<FileDescriptor> descriptors;

    /// <param name="descriptors">Owned from here on.</param>
    public ReceivedDescriptors(ImmutableArray<FileDescriptor> descriptors) => this.descriptors = descriptors;

    /// <param name="numbers">Open descriptors, owned from here on.</param>
    public ReceivedDescriptors(ReadOnlySpan<int> numbers)
    {
        ImmutableArray<FileDescriptor>.Builder all = ImmutableArray.CreateBuilder<FileDescriptor>(numbers.Length);
        foreach (int number in numbers)
        {
            all.Add(new FileDescriptor(number));
        }

        descriptors = all.MoveToImmutable();
    }

    public int Count => descriptors.Length;

    /// <summary>Their numbers, valid while this object has them.</summary>
    public ImmutableArray<int> Numbers => [.. descriptors.Select(descriptor => descriptor.Number)];

    /// <summary>Takes them out: they are the caller's, one by one.</summary>
    public ImmutableArray<FileDescriptor> Take()
    {
        ImmutableArray<FileDescriptor> taken = descriptors;
        descriptors = [];
        return taken;
    }

    /// <summary>Somebody else has taken the numbers and closes them.</summary>
    public void HandOver()
    {
        foreach (FileDescriptor descriptor in Take())
        {
            descriptor.SetHandleAsInvalid();
        }
    }

    /// <summary>Closes what nobody took. Closing may wait for what the descriptor refers to.</summary>
    public void Dispose()
    {
        foreach (FileDescriptor descriptor in Take())
        {
            descriptor.Dispose();
        }
    }
}
