namespace Limber.VirtioDevices.Net;

/// <summary>What control clients do with a network device, whoever moves its frames.</summary>
/// <remarks>Thread: any.</remarks>
public interface INetCard
{
    /// <summary>Whether the guest sees a link.</summary>
    bool IsLinkUp { get; }

    /// <summary>
    /// Plugs or pulls the cable. While it is pulled what the guest sends is lost or waits, and what the host sends waits in the
    /// back end.
    /// </summary>
    void SetLink(bool up);
}
