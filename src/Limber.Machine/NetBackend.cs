using System;
using System.Globalization;
using Limber.Config.Backends;
using Limber.Control;
using Limber.Interop;
using Limber.Net;
using Limber.VirtioDevices.Net;

namespace Limber.Machine;

/// <summary>
/// A network backend with a name. A tap is opened with it and stays open from card to card, so that what others make of its
/// interface (a bridge's port, addresses) lasts; a card has descriptors of its own. Other connections are made by each card.
/// </summary>
/// <remarks>Thread: a client's, which may wait for the host; <see cref="User"/> and <see cref="Card"/> under the set's lock.</remarks>
internal sealed class NetBackend : IDisposable
{
    private static readonly TimeSpan ScriptPatience = TimeSpan.FromSeconds(30);

    private readonly TapInterface? tap;

    private NetBackend(NetBackendConfig config, TapInterface? tap)
    {
        Config = config;
        this.tap = tap;
    }

    public NetBackendConfig Config { get; }

    /// <summary>Id of the card that uses it, or null.</summary>
    public string? User { get; set; }

    /// <summary>The card itself, once it is made.</summary>
    public INetCard? Card { get; set; }

    /// <summary>Opens what is named, and runs its script.</summary>
    /// <exception cref="VmException">The host refuses; nothing stays open.</exception>
    public static NetBackend Open(NetBackendConfig config)
    {
        if (config is not TapBackendConfig tapConfig)
        {
            return new NetBackend(config, null);
        }

        TapInterface? tap = null;
        try
        {
            tap = NetDevices.OpenTap(tapConfig, null);
            if (tapConfig.UpScript is { } script)
            {
                RunScript(script, tap.Name);
            }

            return new NetBackend(config, tap);
        }
        catch (Exception e)
        {
            tap?.Dispose();
            throw e is HostException or ArgumentException ? new VmException(VmErrorCode.HostFailure, e.Message, e) { DeviceId = config.Name } : e;
        }
    }

    /// <summary>The interface for one card, which owns it.</summary>
    /// <exception cref="HostException">It is gone, or the host has no descriptors left.</exception>
    public TapInterface? ShareTap() => tap?.Share();

    /// <summary>Closes it; the interface is gone with the last card that has it. Nobody hears of a script that fails then, as in QEMU.</summary>
    public void Dispose()
    {
        if (tap is not null && (Config as TapBackendConfig)?.DownScript is { } script)
        {
            try
            {
                RunScript(script, tap.Name);
            }
            catch (Exception e) when (e is HostException or VmException)
            {
                // What it has printed is at the standard error.
            }
        }

        tap?.Dispose();
    }

    private static void RunScript(string script, string interfaceName)
    {
        int status = HostProgram.Run(script, [interfaceName], ScriptPatience);
        if (status != 0)
        {
            throw new VmException(
                VmErrorCode.HostFailure, string.Create(CultureInfo.InvariantCulture, $"network script {script} failed with status {status}"));
        }
    }
}
