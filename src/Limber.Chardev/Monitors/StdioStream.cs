using System;
using System.IO;
using Limber.Chardev.Terminal;

namespace Limber.Chardev.Monitors;

/// <summary>Standard input and output as one stream, in raw mode where they are a terminal.</summary>
/// <remarks>
/// Disposing it restores the terminal. A read that waits for input stays until input comes: the process's standard input
/// can't be closed under it.
/// </remarks>
internal sealed class StdioStream : Stream
{
    private readonly Stream input = Console.OpenStandardInput();
    private readonly Stream output = Console.OpenStandardOutput();
    private readonly TerminalMode? terminal;

    public StdioStream(TerminalMode? terminal) => this.terminal = terminal;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

    public override void Flush() => output.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            terminal?.Dispose();
        }

        base.Dispose(disposing);
    }
}
