using System;
using System.Runtime.InteropServices;

namespace Limber.Block.Files;

/// <summary>Memory outside the managed heap that direct I/O accepts; zeroed.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>The strictest alignment that hosts ask for.</summary>
    public const int Alignment = 4096;

    public AlignedBuffer(int length)
    {
        Length = length;
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)length, Alignment);
        NativeMemory.Clear(Pointer, (nuint)length);
    }

    ~AlignedBuffer() => Free();

    /// <summary>Null after disposal.</summary>
    public byte* Pointer { get; private set; }

    public int Length { get; }

    public Span<byte> Span => new(Pointer, Length);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
