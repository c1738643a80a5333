using System;
using System.Collections.Generic;
using System.Text;
using Limber.Device;

namespace Limber.VirtioConsole.Tests.Fakes;

/// <summary>A back end with limited room that remembers what came, and gives what the test says.</summary>
internal sealed class RecordingBackend : ICharacterBackend, IHostConnection
{
    private readonly List<byte> received = [];
    private readonly object gate = new();
    private Action? connectionChanged;
    private bool fellShort;

    public ICharacterFrontend? Frontend { get; private set; }

    /// <summary>Bytes it takes before it is full.</summary>
    public int Room { get; set; } = int.MaxValue;

    public int Resumes { get; private set; }

    public bool IsConnected { get; private set; } = true;

    public byte[] Received
    {
        get
        {
            lock (gate)
            {
                return [.. received];
            }
        }
    }

    public string Text => Encoding.Latin1.GetString(Received);

    public void Start(ICharacterFrontend frontend)
    {
        Frontend = frontend;
        frontend.OnCapacityAvailable(() => Resumes++);
    }

    public int Write(ReadOnlySpan<byte> data)
    {
        lock (gate)
        {
            int taken = Math.Min(Room, data.Length);
            if (Room != int.MaxValue)
            {
                Room -= taken;
            }

            fellShort |= taken < data.Length;
            received.AddRange(data[..taken]);
            return taken;
        }
    }

    /// <summary>Makes room, and says so when a write fell short.</summary>
    public void Drain(int room)
    {
        bool tell;
        lock (gate)
        {
            Room = room;
            tell = fellShort;
            fellShort = false;
        }

        if (tell)
        {
            Frontend!.OutputDrained();
        }
    }

    public void Connect(bool connected)
    {
        IsConnected = connected;
        connectionChanged!();
    }

    public void OnConnectionChanged(Action changed) => connectionChanged = changed;

    public void Dispose()
    {
    }
}
