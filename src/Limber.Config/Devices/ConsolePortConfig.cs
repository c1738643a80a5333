namespace Limber.Config.Devices;

/// <summary>One port of a virtio console device.</summary>
public sealed record ConsolePortConfig
{
    /// <summary>The name by which QEMU's guest agent finds its port.</summary>
    public const string GuestAgentName = "org.qemu.guest_agent.0";

    /// <summary>The user's id, or null.</summary>
    public string? Id { get; init; }

    /// <summary>Number on the device, or null for the lowest free one; 0 is for a console.</summary>
    public int? Number { get; init; }

    /// <summary>True for a console (<c>hvcN</c>), false for a generic port.</summary>
    public bool IsConsole { get; init; }

    /// <summary>The name the guest finds a generic port by, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The host side; null when Limber itself is the peer (the guest agent) or nobody is.</summary>
    public ChardevConfig? Backend { get; init; }

    /// <summary>The machine itself is the host side of the guest's agent.</summary>
    public bool IsGuestAgent => !IsConsole && Backend is null && Name == GuestAgentName;
}
