using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;

namespace Limber.TestKit;

/// <summary>
/// A running virtual machine monitor, seen from outside: its standard streams, its files in <c>/proc</c>, its exit code.
/// </summary>
public sealed class VmmProcess : IDisposable
{
    private readonly Process process;
    private readonly Thread outputReader;
    private readonly Thread errorReader;
    private bool disposed;

    /// <param name="executable">Path of the executable.</param>
    /// <param name="arguments">Its command line.</param>
    public VmmProcess(string executable, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process = Process.Start(start) ?? throw new ScenarioException($"cannot start {executable}");
        Id = process.Id;
        outputReader = StartReader(process.StandardOutput.BaseStream, Output);
        errorReader = StartReader(process.StandardError.BaseStream, Error);
    }

    /// <summary>Its number, also when it has ended.</summary>
    public int Id { get; }

    /// <summary>What came from standard output.</summary>
    public TextLog Output { get; } = new();

    /// <summary>What came from standard error.</summary>
    public TextLog Error { get; } = new();

    public bool HasExited => disposed || process.HasExited;

    /// <summary>Writes to standard input.</summary>
    public void Type(string text)
    {
        process.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(text));
        process.StandardInput.BaseStream.Flush();
    }

    /// <summary>Waits for the end and returns the exit code.</summary>
    public int WaitForExit(double seconds)
    {
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            throw new ScenarioException($"process {Id} did not end within {seconds} s; standard error: {Error.All}");
        }

        outputReader.Join(TimeSpan.FromSeconds(2));
        errorReader.Join(TimeSpan.FromSeconds(2));
        return process.ExitCode;
    }

    /// <summary>Host threads whose name starts with <paramref name="prefix"/>.</summary>
    public int CountThreads(string prefix) =>
        Directory.EnumerateDirectories($"/proc/{Id}/task").Count(task => ReadName(task).StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>How many descriptors it has open.</summary>
    public int CountDescriptors() => Directory.EnumerateFileSystemEntries($"/proc/{Id}/fd").Count();

    /// <summary>How many descriptors it has open once that has not changed for half a second: closing goes on behind a reply.</summary>
    public int CountSettledDescriptors()
    {
        const int Looks = 10;
        const int Milliseconds = 50;
        Deadline deadline = Deadline.In(10);
        int last = CountDescriptors();
        for (int same = 0; same < Looks && !deadline.HasPassed; same++)
        {
            Thread.Sleep(Milliseconds);
            int now = CountDescriptors();
            same = now == last ? same : 0;
            last = now;
        }

        return last;
    }

    /// <summary>Ends it at once if it still runs.</summary>
    public void Dispose()
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }
        }
        catch (InvalidOperationException)
        {
            // It ended in between.
        }

        disposed = true;
        process.Dispose();
    }

    private static string ReadName(string task)
    {
        try
        {
            return File.ReadAllText(task + "/comm");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static Thread StartReader(Stream stream, TextLog log)
    {
        var thread = new Thread(() =>
        {
            byte[] buffer = new byte[4096];
            try
            {
                while (stream.Read(buffer) is int count and > 0)
                {
                    log.Append(Encoding.Latin1.GetString(buffer, 0, count));
                }
            }
            catch (IOException)
            {
                // The other end is gone.
            }
            catch (ObjectDisposedException)
            {
                // We are gone.
            }

            log.Close();
        })
        { IsBackground = true };
        thread.Start();
        return thread;
    }
}
