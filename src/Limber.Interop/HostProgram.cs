using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Limber.Interop;

/// <summary>A program of the host that is run to its end.</summary>
/// <remarks>Thread: any that may wait.</remarks>
public static unsafe class HostProgram
{
    // glibc's types have 336 and 80 bytes.
    private const int OpaqueSize = 512;
    private const int StandardInput = 0;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>
    /// Runs a program with this process's environment, nothing to read, and both outputs at this process's standard error; none of
    /// this process's other descriptors is left to it.
    /// </summary>
    /// <param name="path">The program's file.</param>
    /// <param name="arguments">What follows its name.</param>
    /// <param name="patience">It is killed after this time.</param>
    /// <returns>How it ended, as <c>waitpid</c> says it: 0 for success, 256 times the exit status, or the number of the signal.</returns>
    /// <exception cref="HostException">It can't be started, or was killed.</exception>
    public static int Run(string path, IReadOnlyList<string> arguments, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(arguments);
        int process = Start(path, arguments);
        int ended = Libc.pidfd_open(process);
        bool late = false;
        if (ended >= 0)
        {
            using var descriptor = new FileDescriptor(ended);
            late = !WaitReadable(descriptor, patience);
        }

        if (late)
        {
            _ = Libc.kill(process, Libc.SIGKILL);
        }

        int status = 0;
        while (Libc.waitpid(process, &status, 0) < 0 && Marshal.GetLastPInvokeError() == ErrorNumber.EINTR)
        {
        }

        return late ? throw new HostException($"{path} had not ended after {patience.TotalSeconds:0} s and was killed", ErrorNumber.ETIMEDOUT) : status;
    }

    private static bool WaitReadable(FileDescriptor descriptor, TimeSpan patience)
    {
        PollDescriptor poll = new() { fd = descriptor.Number, events = PollDescriptor.POLLIN };
        DateTime end = DateTime.UtcNow + patience;
        int ready;
        do
        {
            ready = Libc.poll(&poll, 1, (int)Math.Max((end - DateTime.UtcNow).TotalMilliseconds, 0));
        }
        while (ready < 0 && Marshal.GetLastPInvokeError() == ErrorNumber.EINTR);

        return ready != 0;
    }

    private static int Start(string path, IReadOnlyList<string> arguments)
    {
        byte* attributes = stackalloc byte[OpaqueSize];
        byte* actions = stackalloc byte[OpaqueSize];
        _ = Libc.posix_spawnattr_init(attributes);
        _ = Libc.posix_spawn_file_actions_init(actions);
        try
        {
            // What the runtime and the vCPUs' threads have made of signals is not the program's business.
            SignalSet none = default;
            SignalSet pipe = SignalSet.Of(Libc.SIGPIPE);
            _ = Libc.posix_spawnattr_setsigmask(attributes, &none);
            _ = Libc.posix_spawnattr_setsigdefault(attributes, &pipe);
            _ = Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK);
            _ = Libc.posix_spawn_file_actions_addopen(actions, StandardInput, "/dev/null", 0, 0);
            _ = Libc.posix_spawn_file_actions_adddup2(actions, StandardError, StandardOutput);
            int process;
            byte** argumentList = ToList([path, .. arguments]);
            byte** environment = ToList(Environ());
            int error;
            try
            {
                error = Libc.posix_spawn(&process, argumentList[0], actions, attributes, argumentList, environment);
            }
            finally
            {
                Free(argumentList);
                Free(environment);
            }

            return error == 0 ? process : throw new HostException($"cannot run {path}", error);
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }
    }

    private static List<string> Environ()
    {
        var lines = new List<string>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            lines.Add($"{variable.Key}={variable.Value}");
        }

        return lines;
    }

    private static byte** ToList(IReadOnlyList<string> texts)
    {
        byte** list = (byte**)NativeMemory.AllocZeroed((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < texts.Count; i++)
        {
            int length = Encoding.UTF8.GetByteCount(texts[i]);
            list[i] = (byte*)NativeMemory.AllocZeroed((nuint)length + 1);
            Encoding.UTF8.GetBytes(texts[i], new Span<byte>(list[i], length));
        }

        return list;
    }

    private static void Free(byte** list)
    {
        for (int i = 0; list[i] != null; i++)
        {
            NativeMemory.Free(list[i]);
        }

        NativeMemory.Free(list);
    }
}
