namespace Limber.Servers.Json;

/// <summary>Bounds on one incoming message; they bound the memory a client can make us use.</summary>
/// <param name="Depth">Objects and arrays open at once.</param>
/// <param name="Tokens">Tokens of one message.</param>
/// <param name="Bytes">Bytes of all tokens of one message, and of one token.</param>
public sealed record JsonLimits(int Depth, int Tokens, int Bytes)
{
    /// <summary>The limits that QEMU's clients know.</summary>
    public static JsonLimits Default { get; } = new(1024, 2 << 20, 64 << 20);
}
