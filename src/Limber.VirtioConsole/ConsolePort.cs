using System;
using System.Text;
using System.Threading;
using Limber.Device;
using Limber.VirtioConsole.Ports;

namespace Limber.VirtioConsole;

/// <summary>One port of a console device: a byte stream between the guest and a back end.</summary>
/// <remarks>
/// <code>
///             DEVICE_ADD sent          PORT_READY                PORT_OPEN 1
///   unknown ------------------> announced -------> ready, closed &lt;-----------> open        back to unknown by a reset
///                                                                PORT_OPEN 0
/// </code>
/// A driver without MULTIPORT has port 0 open from DRIVER_OK on.
/// The owner calls <see cref="ICharacterBackend.Start"/> with the port.
/// Thread: <see cref="ICharacterFrontend"/> the back end's; properties any; internal members the loop's.
/// </remarks>
public sealed class ConsolePort : ICharacterFrontend
{
    private readonly ConsoleDevice device;
    private readonly Action wakeInput;
    private readonly Action wakeOutput;
    private readonly IHostConnection? connection;
    private bool isGuestOpen;

    internal ConsolePort(ConsoleDevice device, int number, ConsolePortOptions options)
    {
        this.device = device;
        Number = number;
        Name = options.Name;
        EncodedName = Encoding.UTF8.GetBytes(options.Name ?? "");
        IsConsole = options.IsConsole;
        Size = options.Size;
        Output = new PortOutput(options.Backend);
        wakeInput = () => device.ScheduleQueue(ConsoleQueues.Receive(Number));
        wakeOutput = WakeOutput;
        connection = options.Backend as IHostConnection;
        connection?.OnConnectionChanged(() => device.PostToLoop(TellConnection));
    }

    /// <summary>The guest opened or closed the port (<see cref="IsGuestOpen"/>), or went away.</summary>
    /// <remarks>Thread: the device's loop; a hostile guest raises it as often as it likes. Handlers queue and return.</remarks>
    public event Action<ConsolePort>? GuestOpenChanged;

    /// <summary>Number in the device.</summary>
    public int Number { get; }

    /// <summary>The guest's name for the port, or null.</summary>
    public string? Name { get; }

    /// <summary>True for a terminal.</summary>
    public bool IsConsole { get; }

    /// <summary>Somebody in the guest listens.</summary>
    public bool IsGuestOpen => Volatile.Read(ref isGuestOpen);

    /// <summary>What the guest is told about the other end.</summary>
    public bool IsHostConnected => connection?.IsConnected ?? true;

    /// <inheritdoc/>
    public int ReceiveCapacity => Input.Free;

    internal byte[] EncodedName { get; }

    internal TerminalSize? Size { get; set; }

    internal PortInput Input { get; } = new();

    internal PortOutput Output { get; }

    /// <summary>What the driver was not told yet.</summary>
    internal PortNews News { get; set; }

    /// <summary>The driver was told of the port, so it must be told of its end.</summary>
    internal bool IsAnnounced { get; set; }

    /// <summary>The driver uses the port.</summary>
    internal bool IsReady { get; set; }

    /// <summary>Its device gave it up; the back end may still call.</summary>
    internal bool IsRemoved { get; private set; }

    /// <inheritdoc/>
    public void Receive(ReadOnlySpan<byte> data)
    {
        if (Input.Add(data))
        {
            device.PostToLoop(wakeInput);
        }
    }

    /// <inheritdoc/>
    public void OutputDrained() => device.PostToLoop(wakeOutput);

    /// <inheritdoc/>
    public void OnCapacityAvailable(Action resume) => Input.OnCapacityAvailable(resume);

    internal void SetGuestOpen(bool open)
    {
        if (isGuestOpen != open)
        {
            Volatile.Write(ref isGuestOpen, open);
            Input.SetOpen(open);
            GuestOpenChanged?.Invoke(this);
        }
    }

    /// <summary>The driver went away, and knows nothing any more.</summary>
    internal void Forget()
    {
        News = PortNews.None;
        IsAnnounced = false;
        IsReady = false;
        SetGuestOpen(false);
    }

    internal void Remove()
    {
        IsRemoved = true;
        Forget();
        Output.Drop();
    }

    private void WakeOutput()
    {
        if (!IsRemoved && Output.FlushRest())
        {
            device.ScheduleQueue(ConsoleQueues.Transmit(Number));
        }
    }

    private void TellConnection()
    {
        if (!IsRemoved && IsReady)
        {
            device.Tell(this, PortNews.HostConnection);
        }
    }
}
