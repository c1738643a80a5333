using System;
using System.Threading;
using Limber.Device;
using static Limber.Devices.Platform.I8042.KeyboardRegisters;

namespace Limber.Devices.Platform.I8042;

/// <summary>
/// The PC's keyboard controller, ports 0x60 and 0x64, with no keyboard and no mouse: it is here because it can reset the
/// machine. Commands that a driver uses to look for devices are answered at once, and the answers say that there are none.
/// </summary>
/// <remarks>
/// No interrupt, no ACPI description; the FADT should say that there is no 8042, so that nobody probes. A20 is always open.
/// Thread: vCPU threads. Lock order: <see cref="gate"/> is a leaf; the power controller is called outside it.
/// </remarks>
public sealed class KeyboardController : IIoDevice, IResettable, IRegisterFile<KeyboardRegister>
{
    /// <summary>Ports from <see cref="PlatformPorts.KeyboardData"/>; those between the two belong to nobody.</summary>
    public const ushort PortCount = PlatformPorts.KeyboardCommand - PlatformPorts.KeyboardData + 1;

    private static readonly RegisterMap<KeyboardRegister> Map = new(
        PortCount,
        new(KeyboardRegister.Data, 0, 1, RegisterAccess.ReadWrite),
        new(KeyboardRegister.Status, PlatformPorts.KeyboardCommand - PlatformPorts.KeyboardData, 1, RegisterAccess.Read),
        new(KeyboardRegister.Command, PlatformPorts.KeyboardCommand - PlatformPorts.KeyboardData, 1, RegisterAccess.Write));

    private readonly Lock gate = new();
    private readonly IPowerController power;
    private byte control;
    private byte outputPort;
    private byte output;
    private bool outputFull;

    // The command whose parameter the next byte at the data port is; 0 for none.
    private byte pending;

    /// <param name="power">Is asked for a reset.</param>
    public KeyboardController(IPowerController power)
    {
        ArgumentNullException.ThrowIfNull(power);
        this.power = power;
        Reset();
    }

    /// <inheritdoc/>
    public IoStatus Read(ulong offset, Span<byte> data) => Map.Read(this, offset, data);

    /// <inheritdoc/>
    public IoStatus Write(ulong offset, ReadOnlySpan<byte> data) => Map.Write(this, offset, data);

    /// <inheritdoc/>
    public void Reset()
    {
        lock (gate)
        {
            control = ControlDefault;
            outputPort = OutputPortDefault;
            output = 0;
            outputFull = false;
            pending = 0;
        }
    }

    ulong IRegisterFile<KeyboardRegister>.ReadRegister(KeyboardRegister register)
    {
        lock (gate)
        {
            if (register == KeyboardRegister.Status)
            {
                // The input buffer is never full: every byte is handled before the guest's instruction ends.
                return (byte)(StatusSelfTested | StatusUnlocked | (outputFull ? StatusOutputFull : 0));
            }

            outputFull = false;
            return output;
        }
    }

    void IRegisterFile<KeyboardRegister>.WriteRegister(KeyboardRegister register, ulong value)
    {
        bool reset;
        lock (gate)
        {
            reset = register == KeyboardRegister.Command ? Execute((byte)value) : TakeParameter((byte)value);
        }

        if (reset)
        {
            power.RequestReset();
        }
    }

    // True when the command pulls the reset line.
    private bool Execute(byte command)
    {
        pending = 0;
        switch (command)
        {
            case CommandReadControl:
                Answer(control);
                return false;
            case CommandSelfTest:
                Answer(SelfTestPassed);
                return false;
            case CommandTestKeyboard or CommandTestAuxiliary:
                Answer(TestClockLow);
                return false;
            case CommandReadOutputPort:
                Answer(outputPort);
                return false;
            case CommandWriteControl or CommandWriteOutputPort or CommandLoopKeyboard or CommandLoopAuxiliary or CommandWriteAuxiliary:
                pending = command;
                return false;
            case CommandDisableAuxiliary or CommandEnableAuxiliary or CommandDisableKeyboard or CommandEnableKeyboard:
                return false;
            default:
                return command >= CommandPulse && (command & OutputPortReset) == 0;
        }
    }

    private bool TakeParameter(byte value)
    {
        byte command = pending;
        pending = 0;
        switch (command)
        {
            case CommandWriteControl:
                control = value;
                return false;
            case CommandWriteOutputPort:
                // The line returns high by the reset it causes.
                outputPort = (byte)(value | OutputPortReset);
                return (value & OutputPortReset) == 0;
            case CommandLoopKeyboard or CommandLoopAuxiliary:
                // A driver expects its byte marked as the mouse's. Without the mark it finds no mouse, and needs no timeout.
                Answer(value);
                return false;
            default:
                // For a device, and there is none.
                return false;
        }
    }

    private void Answer(byte value)
    {
        output = value;
        outputFull = true;
    }
}
