using System;
using System.IO;
using System.IO.Pipes;
using System.Linq;
using System.Threading;

namespace Limber.Testing;

/// <summary>A pipe whose one end is sent to the server under test, which is in this process: so its copies can be counted.</summary>
internal sealed class SentPipe : IDisposable
{
    private readonly AnonymousPipeServerStream pipe = new(PipeDirection.In, HandleInheritability.Inheritable);
    private readonly string name;
    private readonly int own;

    public SentPipe()
    {
        name = new FileInfo($"/proc/self/fd/{Number}").LinkTarget!;
        own = Count();
    }

    /// <summary>To be sent.</summary>
    public int Number => (int)pipe.ClientSafePipeHandle.DangerousGetHandle();

    /// <summary>How many descriptors of it the server has.</summary>
    public int Copies => Count() - own;

    /// <summary>Whether a descriptor of this process is of this pipe.</summary>
    public bool Is(int descriptor) => Target(descriptor.ToString(System.Globalization.CultureInfo.InvariantCulture)) == name;

    /// <summary>Waits until the server has so many.</summary>
    public void WaitFor(int copies)
    {
        for (int i = 0; i < 2000 && Copies != copies; i++)
        {
            Thread.Sleep(10);
        }

        if (Copies != copies)
        {
            throw new InvalidOperationException($"the server has {Copies} copies, not {copies}");
        }
    }

    public void Dispose()
    {
        pipe.ClientSafePipeHandle.Dispose();
        pipe.Dispose();
    }

    private int Count() => Directory.GetFileSystemEntries("/proc/self/fd").Count(entry => Target(Path.GetFileName(entry)) == name);

    private static string? Target(string descriptor)
    {
        try
        {
            return new FileInfo("/proc/self/fd/" + descriptor).LinkTarget;
        }
        catch (IOException)
        {
            // Another test closed it meanwhile.
            return null;
        }
    }
}
