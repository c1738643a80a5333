namespace Limber.Virtio.Balloon;

/// <summary>What a balloon is created with.</summary>
/// <param name="Target">Bytes that the guest is asked to give up at first.</param>
/// <param name="DeflateOnOutOfMemory">The guest may take pages back by itself when it runs out of memory.</param>
/// <param name="FreePageReporting">The guest may report free pages, which are given back to the host without inflating.</param>
public sealed record VirtioBalloonOptions(ulong Target, bool DeflateOnOutOfMemory, bool FreePageReporting);
