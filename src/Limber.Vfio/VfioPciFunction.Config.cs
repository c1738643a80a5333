using System;
using System.Buffers.Binary;

namespace Limber.Vfio;

/// <content>Configuration space: what is passed through follows the host's function with every transaction.</content>
public sealed partial class VfioPciFunction
{
    private const int PowerState = 4;

    /// <inheritdoc/>
    protected override void OnConfigReading(int offset, int length)
    {
        msi?.OnConfigReading(offset, length);
        if (plan.CountPassedThrough(offset, length) == 0)
        {
            return;
        }

        Span<byte> data = stackalloc byte[sizeof(uint)];
        data = data[..length];
        bool answered;
        lock (hostGate)
        {
            answered = device.Read(device.Config, (ulong)offset, data) == length;
        }

        if (!answered)
        {
            data.Fill(0xFF);
        }

        for (int i = 0; i < length; i++)
        {
            if (plan[offset + i] == VfioConfigAccess.PassedThrough)
            {
                Config.SetByte(offset + i, data[i]);
            }
        }
    }

    /// <inheritdoc/>
    protected override void OnConfigWritten(int offset, int length)
    {
        if (offset < Command + 2 && Command < offset + length)
        {
            FollowCommand();
        }

        if (msi is not null && offset < plan.Msi + VfioMsi.LongestLength && plan.Msi < offset + length)
        {
            msi.Update();
            UpdateInterrupts();
        }

        if (plan.CountPassedThrough(offset, length) != 0)
        {
            Forward(offset, length);
        }
    }

    private void Forward(int offset, int length)
    {
        Span<byte> data = stackalloc byte[sizeof(uint)];
        for (int i = 0; i < length; i++)
        {
            data[i] = Config.GetByte(offset + i);
        }

        lock (hostGate)
        {
            // One write as the guest made it: registers that act on a write act once.
            if (plan.CountPassedThrough(offset, length) == length)
            {
                _ = device.Write(device.Config, (ulong)offset, data[..length]);
                return;
            }

            for (int i = 0; i < length; i++)
            {
                if (plan[offset + i] == VfioConfigAccess.PassedThrough)
                {
                    _ = device.Write(device.Config, (ulong)(offset + i), data.Slice(i, 1));
                }
            }
        }
    }

    private void FollowCommand()
    {
        lock (hostGate)
        {
            if (hostBusMaster != BusMasterEnabled)
            {
                WriteHostCommand(BusMasterEnabled);
            }
        }
    }

    // The host's function decodes all the time; see VfioConfigPlan. Called under the host gate.
    private void WriteHostCommand(bool busMaster)
    {
        Span<byte> command = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(command, (ushort)(busMaster ? DecodeBits | BusMasterBit : DecodeBits));
        if (device.Write(device.Config, Command, command) == sizeof(ushort))
        {
            hostBusMaster = busMaster;
        }
        else
        {
            CountOddity("command register refused by the host");
        }
    }

    private void ApplyPlan(int first, int end)
    {
        for (int i = first; i < end; i++)
        {
            Config.SetByte(i, plan.Image[i]);
            Config.SetWritable(i, 1, plan[i] == VfioConfigAccess.PassedThrough ? 0xFFu : 0);
        }

        if (plan.PowerManagement is > 0 and int power)
        {
            Config.SetWritable(power + PowerState, 1, 0x3);
        }

        const int CapabilitiesPointer = 0x34, Status = 0x06, StatusCapabilities = 1 << 4;
        Config.SetByte(CapabilitiesPointer, plan.Image[CapabilitiesPointer]);
        if (plan.Image[CapabilitiesPointer] != 0)
        {
            Config.Change(Status, 0, StatusCapabilities);
        }
    }
}
