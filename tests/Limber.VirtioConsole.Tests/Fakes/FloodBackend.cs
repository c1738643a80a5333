using System;
using Limber.Device;

namespace Limber.VirtioConsole.Tests.Fakes;

/// <summary>Gives bytes of a pattern whenever there is room, and takes everything.</summary>
internal sealed class FloodBackend : ICharacterBackend
{
    private readonly byte[] piece = new byte[700];
    private ICharacterFrontend? frontend;
    private byte next;

    public void Start(ICharacterFrontend frontend)
    {
        this.frontend = frontend;
        frontend.OnCapacityAvailable(Pump);
        Pump();
    }

    public int Write(ReadOnlySpan<byte> data) => data.Length;

    public void Dispose()
    {
    }

    private void Pump()
    {
        int room;
        while ((room = Math.Min(frontend!.ReceiveCapacity, piece.Length)) != 0)
        {
            for (int i = 0; i < room; i++)
            {
                piece[i] = next;
                next = unchecked((byte)(next + 1));
            }

            frontend.Receive(piece.AsSpan(0, room));
        }
    }
}
