using System;
using System.IO.Pipes;
using System.Text;
using Limber.Chardev.Native;
using Limber.Interop;

namespace Limber.Chardev.Tests.Support;

/// <summary>A pipe of the host, by its two descriptors.</summary>
internal sealed class HostPipe : IDisposable
{
    public HostPipe()
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        Writer = Take(pipe.SafePipeHandle);
        Reader = Take(pipe.ClientSafePipeHandle);
    }

    public FileDescriptor Reader { get; }

    public FileDescriptor Writer { get; }

    public void Write(string text) => Assert.Equal(text.Length, HostIo.Write(Writer, Encoding.Latin1.GetBytes(text)));

    /// <summary>Reads until so many bytes are there.</summary>
    public byte[] Read(int count) => Read(Reader, count);

    public static byte[] Read(FileDescriptor source, int count)
    {
        byte[] result = new byte[count];
        int done = 0;
        while (done < count)
        {
            short ready = HostIo.Wait(source, Posix.POLLIN, null, (int)Eventually.Deadline.TotalMilliseconds);
            Assert.True((ready & Posix.POLLIN) != 0, $"{done} of {count} bytes came: '{Encoding.Latin1.GetString(result, 0, done)}'");
            int step = HostIo.Read(source, result.AsSpan(done));
            Assert.True(step > 0, $"the pipe ended after {done} of {count} bytes");
            done += step;
        }

        return result;
    }

    /// <summary>Reads until the text has come, and returns everything up to its end.</summary>
    public string ReadUntil(string text)
    {
        var seen = new StringBuilder();
        while (!seen.ToString().EndsWith(text, StringComparison.Ordinal))
        {
            seen.Append((char)Read(1)[0]);
        }

        return seen.ToString();
    }

    /// <summary>True when nothing comes for a moment.</summary>
    public bool IsQuiet() => HostIo.Wait(Reader, Posix.POLLIN, null, 30) == 0;

    public void Dispose()
    {
        Writer.Dispose();
        Reader.Dispose();
    }

    private static FileDescriptor Take(Microsoft.Win32.SafeHandles.SafePipeHandle handle)
    {
        var result = new FileDescriptor((int)handle.DangerousGetHandle());
        handle.SetHandleAsInvalid();
        return result;
    }
}
