namespace Limber.VirtioDevices.Vsock;

/// <summary>What a connection has to tell the guest besides data. The most urgent is first: a reset makes the rest pointless.</summary>
internal struct VsockDues
{
    private uint shut;
    private uint shutToTell;

    /// <summary>That the connection is gone.</summary>
    public bool Reset { get; set; }

    /// <summary>The request that begins it, or the response to the guest's.</summary>
    public bool Answer { get; set; }

    /// <summary>How much room there is again. Every packet tells it.</summary>
    public bool Credit { get; set; }

    /// <summary>Whether there is anything.</summary>
    public readonly bool Any => Reset || Answer || Credit || shutToTell != 0;

    /// <summary>That the host's program does no more of these.</summary>
    /// <param name="directions">Flags of <see cref="VsockHeader"/>.</param>
    public void Shut(uint directions) => shutToTell = directions;

    /// <summary>What comes behind data: shut directions, all that there are, then credit.</summary>
    public bool TryTakeLater(out VsockOperation operation, out uint flags)
    {
        if (shutToTell != 0)
        {
            shut |= shutToTell;
            shutToTell = 0;
            (operation, flags) = (VsockOperation.Shutdown, shut);
            return true;
        }

        (operation, flags) = (VsockOperation.CreditUpdate, 0);
        return Credit;
    }
}
