using System;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Limber.Config;
using Limber.Config.Backends;
using Limber.DeviceOptions.Drivers;

namespace Limber.DeviceOptions.Backends;

/// <summary><c>-netdev</c> and <c>netdev_add</c>.</summary>
public static class NetdevOptions
{
    private const int MaxQueuePairs = 32;
    private const int MaxInterfaceBytes = 15;
    private const string Supported = "supported: tap, vhost-user";

    private static readonly string[] Elsewhere =
        ["user", "bridge", "hubport", "l2tpv3", "netmap", "vde", "socket", "stream", "dgram", "vhost-vdpa", "af-xdp", "passt"];

    /// <param name="bag"><c>type</c>, <c>id</c> and the type's properties.</param>
    /// <param name="references">What they may name.</param>
    /// <param name="defaultType">Type when none is given; null to insist on one.</param>
    /// <param name="names">Whose descriptors can be named beside inherited ones; null for nobody's.</param>
    /// <exception cref="OptionException">Missing, unknown or wrong.</exception>
    public static NetBackendConfig Read(OptionBag bag, IDeviceReferences references, string? defaultType = null, IDescriptorNames? names = null)
    {
        OptionReader options = new(bag);
        string type = options.Text("type") ?? defaultType ?? throw OptionException.Missing("type");
        string id = options.Text("id") ?? throw OptionException.Missing("id");
        Identifier.Require("id", id);
        if (Array.IndexOf(Elsewhere, type) >= 0)
        {
            throw OptionException.NotBuilt($"Parameter 'type' with value '{type}'", Supported);
        }

        if (type is not ("tap" or "vhost-user"))
        {
            throw new OptionException($"Parameter 'type' does not accept value '{type}'");
        }

        return type == "tap" ? Tap(options, id, names) : VhostUser(options, id, references);
    }

    private static TapBackendConfig Tap(OptionReader options, string id, IDescriptorNames? names)
    {
        options.RequireKnown(
            ["type", "id", "ifname", "fd", "fds", "script", "downscript", "queues", "vhost", "vhostforce", "vhostfd", "vhostfds", "br", "helper", "sndbuf", "vnet_hdr", "poll-us"]);
        foreach (string name in (string[])["vhostfd", "vhostfds", "br", "helper", "sndbuf", "poll-us"])
        {
            if (options.Has(name))
            {
                throw OptionException.NotBuilt($"{name}=");
            }
        }

        options.RequireSwitch("vnet_hdr", true);
        string[] descriptors = DescriptorWords(options);
        int queues = (int)(options.Number("queues", 1, MaxQueuePairs) ?? 1);
        if (descriptors.Length > 0)
        {
            foreach (string name in (string[])["ifname", "script", "downscript", "queues"])
            {
                if (options.Has(name))
                {
                    throw new OptionException("ifname=, script=, downscript=, and queues= are invalid with fd= or fds=");
                }
            }

            queues = descriptors.Length;
        }

        string? interfaceName = options.Text("ifname");
        if (interfaceName is not null && (interfaceName.Length == 0 || interfaceName.Contains('/', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(interfaceName) > MaxInterfaceBytes))
        {
            throw new OptionException($"Parameter 'ifname' doesn't take value '{interfaceName}': a name of 1 to {MaxInterfaceBytes} bytes without '/'");
        }

        bool force = options.Boolean("vhostforce") ?? false;
        bool? vhost = options.Boolean("vhost") ?? (force ? true : null);

        // Last of all: names that were taken are gone, whatever else is wrong.
        return new TapBackendConfig
        {
            Name = id,
            Interface = interfaceName,
            QueuePairs = queues,
            Vhost = vhost,
            UpScript = Script(options, "script"),
            DownScript = Script(options, "downscript"),
            Descriptors = Descriptors(descriptors, names),
        };
    }

    private static string[] DescriptorWords(OptionReader options)
    {
        if (options.Has("fd") && options.Has("fds"))
        {
            throw new OptionException("fd= and fds= are mutually exclusive");
        }

        // A lone descriptor may be a number in a message.
        if (options.Bag.TryGet("fd", out OptionValue one))
        {
            return [one.ToString()];
        }

        string[] words = options.Text("fds")?.Split(':') ?? [];
        return words.Length <= MaxQueuePairs
            ? words
            : throw new OptionException($"Parameter 'fds' has {words.Length} descriptors (maximum: {MaxQueuePairs})");
    }

    /// <summary>A word that begins with a digit is an inherited descriptor, any other a name.</summary>
    private static ImmutableArray<int> Descriptors(string[] words, IDescriptorNames? names)
    {
        // The one empty array: equal configurations compare as such.
        if (words.Length == 0)
        {
            return [];
        }

        ImmutableArray<int>.Builder descriptors = ImmutableArray.CreateBuilder<int>(words.Length);
        foreach (string word in words)
        {
            int descriptor = names is not null && (word.Length == 0 || !char.IsAsciiDigit(word[0]))
                ? names.Take(word) ?? throw new OptionException($"File descriptor named '{word}' has not been found")
                : int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                    ? number
                    : throw new OptionException($"Invalid file descriptor number '{word}'");

            if (names is not null && char.IsAsciiDigit(word[0]) && !names.IsInherited(descriptor))
            {
                throw new OptionException($"File descriptor {descriptor} is none that was passed to this program, or is in use");
            }

            // Each queue pair closes its own.
            if (descriptors.Contains(descriptor))
            {
                throw new OptionException($"Parameter 'fds' has the descriptor {descriptor} twice");
            }

            descriptors.Add(descriptor);
        }

        return descriptors.MoveToImmutable();
    }

    // A script runs only when one is named: there is no default one, unlike in QEMU.
    private static string? Script(OptionReader options, string name) => options.Text(name) is { } path && path is not ("no" or "") ? path : null;

    private static VhostUserNetBackendConfig VhostUser(OptionReader options, string id, IDeviceReferences references)
    {
        options.RequireKnown(["type", "id", "chardev", "queues", "vhostforce"]);
        options.Boolean("vhostforce");
        ChardevConfig.UnixSocket socket = SocketPath.OfChardev(options, references, "vhost-user");
        return new VhostUserNetBackendConfig
        {
            Name = id,
            Socket = SocketPath.Check("socket", socket.Path),
            Server = socket.Server,

            // As in QEMU: whoever listens goes on listening.
            RetryInterval = socket.Server ? VhostUserNetBackendConfig.UsualRetryInterval : socket.Reconnect,
            QueuePairs = (int)(options.Number("queues", 1, MaxQueuePairs) ?? 1),
        };
    }
}
