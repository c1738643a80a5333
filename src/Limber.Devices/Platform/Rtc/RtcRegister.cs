namespace Limber.Devices.Platform.Rtc;

/// <summary>The two ports of the clock.</summary>
internal enum RtcRegister
{
    /// <summary>Write only: which byte <see cref="Data"/> means; bit 7 masks NMI on a PC and has no effect here.</summary>
    Index,

    /// <summary>The byte that was chosen.</summary>
    Data,
}
