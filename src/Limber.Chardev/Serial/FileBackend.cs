using System;
using Limber.Chardev.Native;
using Limber.Config;
using Limber.Device;
using Limber.Interop;

namespace Limber.Chardev.Serial;

/// <summary>Output to a file; no input.</summary>
internal sealed class FileBackend : ICharacterBackend
{
    private const int Mode = 0x1b6; // 0666, less the umask
    private readonly FileDescriptor file;
    private readonly OutputPump pump;

    /// <exception cref="ChardevException">The file can't be opened.</exception>
    public FileBackend(ChardevConfig.File config, string label)
    {
        // Blocks for the first reader where the path is a named pipe, as users of such a pipe expect.
        int flags = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_NOCTTY | Posix.O_CLOEXEC | (config.Append ? Posix.O_APPEND : Posix.O_TRUNC);
        int fd = Libc.open(config.Path, flags, Mode);
        if (fd < 0)
        {
            HostException reason = HostException.FromLastError($"cannot open file '{config.Path}' for {label}");
            throw new ChardevException(reason.Message, reason);
        }

        file = new FileDescriptor(fd);

        // No effect on regular files. F_SETFL leaves the access mode and ignores the creation flags.
        _ = Posix.fcntl(file, Posix.F_SETFL, Posix.O_NONBLOCK | (config.Append ? Posix.O_APPEND : 0));
        pump = OutputPump.Create($"{label}-out", new DescriptorOutput(file, shared: false, hangUpIsFinal: true), file);
    }

    public void Start(ICharacterFrontend frontend) => pump.Start(frontend.OutputDrained);

    public int Write(ReadOnlySpan<byte> data) => pump.Add(data);

    public void Dispose()
    {
        pump.Dispose();
        file.Dispose();
    }
}
