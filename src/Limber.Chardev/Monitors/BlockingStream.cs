using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Limber.Chardev.Monitors;

/// <summary>A two-way stream without a position, for one thread that reads, one that writes, and any that disposes.</summary>
/// <remarks>
/// Asynchronous calls would share the base class's one lock between reading and writing and block each other: a session uses
/// threads instead.
/// </remarks>
internal abstract class BlockingStream : Stream
{
    public sealed override bool CanRead => true;

    public sealed override bool CanSeek => false;

    public sealed override bool CanWrite => true;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public sealed override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    public sealed override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    /// <summary>Does nothing: nothing is kept back.</summary>
    public sealed override void Flush() { }

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>What a failed transfer throws.</summary>
    /// <param name="operation">Such as <c>cannot write to a monitor client</c>.</param>
    /// <param name="result">The negative <c>errno</c>.</param>
    protected static IOException Failure(string operation, int result) =>
        new($"{operation}: {Marshal.GetPInvokeErrorMessage(-result)}");
}
