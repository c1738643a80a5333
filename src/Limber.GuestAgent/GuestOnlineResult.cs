namespace Limber.GuestAgent;

/// <summary>What became of new processors in a guest.</summary>
/// <param name="Outcome">How far it came.</param>
/// <param name="Appeared">New processors the guest was seen to have.</param>
/// <param name="Online">Of those, the ones it was seen to use.</param>
/// <param name="Text">The same in words, for whoever asked.</param>
public sealed record GuestOnlineResult(GuestOnlineOutcome Outcome, int Appeared, int Online, string Text);
