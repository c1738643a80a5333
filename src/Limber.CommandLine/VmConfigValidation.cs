using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Limber.Config;
using Limber.Config.Devices;

namespace Limber.CommandLine;

/// <summary>
/// Checks of a configuration that need the file system, in one place for all dialects: what a user gets wrong
/// most often is answered before any machine exists. A file that changes afterwards is the loader's to report.
/// </summary>
public static class VmConfigValidation
{
    /// <summary>Longest path of a Unix socket in bytes: <c>sockaddr_un.sun_path</c> has 108 with the final zero.</summary>
    public const int MaxSocketPathBytes = 107;

    /// <summary>
    /// Least guest memory. Linux x86-64 kernels are built to start at 16 MiB (<c>CONFIG_PHYSICAL_START</c>),
    /// so with less than that no distribution's kernel can be loaded at all.
    /// </summary>
    public const ulong MinMemory = 16UL << 20;

    /// <summary>Finds the first thing that keeps the configuration from being run.</summary>
    /// <returns>One line that names the thing, the value and the limit, without the program's name; or null.</returns>
    public static string? Check(VmConfig config) =>
        CheckMemory(config.Memory)
        ?? config.Numa.FindProblem(config.Cpus.Max, config.Memory.Size)
        ?? CheckPayload(config.Payload)
        ?? Backends(config).Select(CheckBackend).FirstOrDefault(problem => problem is not null)
        ?? CheckStdio(config)
        ?? (config.ApiSocket is string socket ? CheckSocketPath("API socket", socket, creates: true) : null)
        ?? (config.PidFile is string pidFile ? CheckWritable("pid file", pidFile) : null)
        ?? CheckDistinctSockets(config);

    private static string? CheckMemory(MemoryConfig memory) =>
        memory.Size < MinMemory
            ? $"guest memory of {memory.Size} bytes is too small; at least {MinMemory} (16 MiB) are needed"
            : null;

    private static string? CheckPayload(PayloadConfig payload) =>
        (payload.Kernel is string kernel ? CheckReadable("kernel", kernel) : null)
        ?? (payload.Initramfs is string initramfs ? CheckReadable("initramfs", initramfs) : null);

    private static IEnumerable<ChardevConfig> Backends(VmConfig config)
    {
        foreach (ChardevConfig? serial in config.Serials)
        {
            if (serial is not null)
            {
                yield return serial;
            }
        }

        foreach (MonitorConfig monitor in config.Monitors)
        {
            yield return monitor.Backend;
        }

        foreach (ConsolePortConfig port in config.PciDevices.OfType<ConsoleDeviceConfig>().SelectMany(static device => device.Ports))
        {
            if (port.Backend is { } backend)
            {
                yield return backend;
            }
        }
    }

    private static string? CheckBackend(ChardevConfig backend) =>
        backend switch
        {
            ChardevConfig.UnixSocket { Reconnect: not null } socket =>
                $"socket '{socket.Path}': reconnect is not built for serial ports, consoles and monitors; supported for vhost-user network cards",
            ChardevConfig.UnixSocket socket => CheckSocketPath("socket", socket.Path, socket.Server),
            ChardevConfig.File file => CheckWritable("output file", file.Path),
            _ => null,
        };

    private static string? CheckStdio(VmConfig config) =>
        Backends(config).Count(backend => backend is ChardevConfig.Stdio) > 1
            ? "cannot use stdio by multiple character devices"
            : null;

    private static string? CheckDistinctSockets(VmConfig config)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        IEnumerable<string> paths = Backends(config)
            .OfType<ChardevConfig.UnixSocket>()
            .Where(socket => socket.Server)
            .Select(socket => socket.Path);
        foreach (string path in config.ApiSocket is string api ? paths.Append(api) : paths)
        {
            if (!seen.Add(path))
            {
                return $"socket '{path}' is given twice; every listener needs a path of its own";
            }
        }

        return null;
    }

    private static string? CheckReadable(string what, string path)
    {
        if (BadPath(path) is string reason)
        {
            return $"{what} '{path}': {reason}";
        }

        if (Directory.Exists(path))
        {
            return $"{what} '{path}' is a directory";
        }

        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return $"{what} '{path}': {Reason(e)}";
        }
    }

    private static string? CheckWritable(string what, string path)
    {
        if (BadPath(path) is string reason)
        {
            return $"{what} '{path}': {reason}";
        }

        return Directory.Exists(path) ? $"{what} '{path}' is a directory" : CheckParent(what, path);
    }

    /// <param name="what">What the socket is for, for the message.</param>
    /// <param name="path">Path in the file system.</param>
    /// <param name="creates">The socket is created, so its directory must exist; else the other side has made it.</param>
    private static string? CheckSocketPath(string what, string path, bool creates)
    {
        if (BadPath(path) is string reason)
        {
            return $"{what} '{path}': {reason}";
        }

        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes > MaxSocketPathBytes)
        {
            return $"{what} '{path}': the path has {bytes} bytes; a Unix socket's has at most {MaxSocketPathBytes}";
        }

        if (Directory.Exists(path))
        {
            return $"{what} '{path}' is a directory";
        }

        return creates ? CheckParent(what, path) : null;
    }

    private static string? CheckParent(string what, string path)
    {
        string parent = Path.GetDirectoryName(path) ?? "/";
        return parent.Length == 0 || Directory.Exists(parent)
            ? null
            : $"{what} '{path}': the directory '{parent}' does not exist";
    }

    private static string? BadPath(string path) =>
        path.Length == 0 ? "the path is empty"
        : path.Contains('\0', StringComparison.Ordinal) ? "the path has a zero byte"
        : null;

    private static string Reason(Exception e) =>
        e switch
        {
            FileNotFoundException or DirectoryNotFoundException => "no such file",
            UnauthorizedAccessException => "permission denied",
            PathTooLongException => "the path is too long",
            _ => e.Message,
        };
}
