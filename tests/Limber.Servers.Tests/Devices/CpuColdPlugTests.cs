using System;
using Limber.Cpu;
using Limber.Servers.Devices;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Devices;

/// <summary>What QEMU 10.0.2 did with <c>-device</c>; -smp 1,maxcpus=4,sockets=2,cores=2,threads=1.</summary>
public sealed class CpuColdPlugTests
{
    private const string Identifiers = "\nIdentifiers consist of letters, digits, '-', '.', '_', starting with a letter.";

    [Theory]
    [InlineData("qemu64-x86_64-cpu,id=c1,socket-id=1,core-id=0,thread-id=0", 2, "/machine/peripheral/c1")]
    [InlineData("driver=qemu64-x86_64-cpu,id=c1,socket-id=1,core-id=0,thread-id=0", 2, "/machine/peripheral/c1")]
    [InlineData("id=c1,driver=qemu64-x86_64-cpu,socket-id=0x1,core-id=0,thread-id=0", 2, "/machine/peripheral/c1")]
    [InlineData("qemu64-x86_64-cpu,socket-id=1,core-id=0,thread-id=0", 2, "/machine/peripheral-anon/device[0]")]
    [InlineData("qemu64-x86_64-cpu,id=c1,apic-id=2", 2, "/machine/peripheral/c1")]
    [InlineData("generic-x86-cpu,id=c1,cpu-id=3", 3, "/machine/peripheral/c1")]
    [InlineData("{\"driver\":\"qemu64-x86_64-cpu\",\"id\":\"c1\",\"socket-id\":1,\"core-id\":0,\"thread-id\":0}", 2, "/machine/peripheral/c1")]
    [InlineData("{\"driver\":\"qemu64-x86_64-cpu\",\"id\":\"1c\",\"socket-id\":1,\"core-id\":0,\"thread-id\":0}", 2, "/machine/peripheral/1c")]
    public void Plug_Valid_PlugsTheSlot(string argument, int slot, string path)
    {
        FakeVirtualMachine machine = Machine();
        CpuColdPlug.Plug(machine, argument);
        Assert.Equal(path, machine.GetCpuSlots()[slot].Occupant?.Path);
    }

    [Theory]
    [InlineData("", "Parameter 'driver' is missing")]
    [InlineData("id=c1", "Parameter 'driver' is missing")]
    [InlineData("nosuch,id=c1", "'nosuch' is not a valid device model name")]
    [InlineData("no,,such", "'no,such' is not a valid device model name")]
    [InlineData("x86_64-cpu", "Parameter 'driver' expects a non-abstract device type")]
    [InlineData("qemu64-x86_64-cpu,id=c1", "CPU socket-id is not set")]
    [InlineData("qemu64-x86_64-cpu,id=c1,socket-id=0,core-id=0,thread-id=0", "CPU[0] with APIC ID 0 exists")]
    [InlineData("qemu64-x86_64-cpu,id=c1,socket-id=2,core-id=0,thread-id=0", "Invalid CPU socket-id: 2 must be in range 0:1")]
    [InlineData("Nehalem-x86_64-cpu,id=c1,socket-id=1,core-id=0,thread-id=0", "Invalid CPU type, expected cpu type: 'qemu64-x86_64-cpu'")]
    [InlineData("qemu64-x86_64-cpu,id=c1,apic-id=3,socket-id=0", "property socket-id: 0 doesn't match set apic-id: 0x3 (socket-id: 1)")]
    [InlineData("qemu64-x86_64-cpu,id=1c,socket-id=1,core-id=0,thread-id=0", "Parameter 'id' expects an identifier" + Identifiers)]
    [InlineData("qemu64-x86_64-cpu,id=a,,b", "Parameter 'id' expects an identifier" + Identifiers)]
    [InlineData("qemu64-x86_64-cpu,id=", "Parameter 'id' expects an identifier" + Identifiers)]
    [InlineData("qemu64-x86_64-cpu,socket-id", "Parameter 'socket-id' expects integer")]
    [InlineData("qemu64-x86_64-cpu,foo=1", "Property 'qemu64-x86_64-cpu.foo' not found")]
    [InlineData("qemu64-x86_64-cpu,bus=pci.0", "Bus 'pci.0' not found")]
    [InlineData("{\"driver\":\"qemu64-x86_64-cpu\",\"id\":\"c1\",\"socket-id\":\"1\",\"core-id\":0,\"thread-id\":0}", "Invalid parameter type for 'socket-id', expected: integer")]
    [InlineData("{\"id\":\"c1\"}", "Parameter 'driver' is missing")]
    [InlineData("{", "JSON parse error, premature EOI")]
    [InlineData("{} {}", "Expecting at most one JSON value")]
    [InlineData("{'driver' 1}", "JSON parse error, missing : in object pair")]
    public void Plug_Invalid_IsRefusedAndChangesNothing(string argument, string expected)
    {
        FakeVirtualMachine machine = Machine();
        Assert.Equal(expected, Assert.Throws<QmpException>(() => CpuColdPlug.Plug(machine, argument)).Message);
        Assert.Empty(machine.Operations);
    }

    [Fact]
    public void Plug_SameIdTwice_IsRefused()
    {
        FakeVirtualMachine machine = Machine();
        CpuColdPlug.Plug(machine, "qemu64-x86_64-cpu,id=c1,apic-id=2");
        Assert.Equal(
            "Duplicate device ID 'c1'",
            Assert.Throws<QmpException>(() => CpuColdPlug.Plug(machine, "qemu64-x86_64-cpu,id=c1,apic-id=3")).Message);
    }

    [Fact]
    public void Plug_SeveralDies_NeedTheDie()
    {
        FakeVirtualMachine machine = new(new CpuTopology(1, 2, 1, 2, 1));
        Assert.Equal(
            "CPU die-id is not set",
            Assert.Throws<QmpException>(() => CpuColdPlug.Plug(machine, "qemu64-x86_64-cpu,id=c1,socket-id=0,core-id=1,thread-id=0")).Message);
        CpuColdPlug.Plug(machine, "qemu64-x86_64-cpu,id=c1,socket-id=0,die-id=1,core-id=1,thread-id=0");
        Assert.NotNull(machine.GetCpuSlots()[3].Occupant);
    }

    [Fact]
    public void Plug_AnyText_IsTakenOrRefusedButNeverFails()
    {
        const string Alphabet = "{}[]\",:=-x1\\ \0\u00e9driverqemu64-x86_64-cpuid";
        Random random = new(1);
        for (int i = 0; i < 2000; i++)
        {
            char[] text = new char[random.Next(24)];
            for (int at = 0; at < text.Length; at++)
            {
                text[at] = Alphabet[random.Next(Alphabet.Length)];
            }

            if (Record.Exception(() => CpuColdPlug.Plug(Machine(), new string(text))) is { } failure)
            {
                Assert.IsType<QmpException>(failure);
            }
        }
    }

    private static FakeVirtualMachine Machine() => new(new CpuTopology(2, 1, 1, 2, 1));
}
