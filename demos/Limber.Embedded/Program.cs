using System;
using System.Linq;
using System.Threading.Tasks;
using Limber.Config;
using Limber.Control;
using Limber.Embedded;
using Limber.Machine;

// A program that holds a virtual machine: it boots a kernel, gives it a processor and memory, and takes both back.
//
//   limber-embedded KERNEL INITRAMFS
//
// docs/embedding.md goes through it.
if (args is not [string kernel, string initramfs])
{
    Console.Error.WriteLine("usage: limber-embedded KERNEL INITRAMFS");
    return 2;
}

const ulong MiB = 1 << 20;
var serial = new SerialOutput();
var config = new VmConfig
{
    Cpus = CpuConfig.OfCores(boot: 1, max: 4),
    Memory = new MemoryConfig(512 * MiB) { Slots = 4, MaximumSize = 2048 * MiB },
    Payload = new PayloadConfig(kernel, initramfs, "console=ttyS0 quiet panic=-1 limber.hp=auto limber.noecho"),
};
using VirtualMachine vm = VirtualMachine.Create(config, new MachineEnvironment { SerialBackends = [serial] });
using IDisposable subscription = vm.Subscribe(e => Console.WriteLine($"event      {e.GetType().Name}"));

vm.Resume();
Console.WriteLine($"guest      {await serial.LineWith("GUEST-READY")}");

Report(await vm.PlugCpus([new CpuPlugRequest(1, "second")])[0].Completion);
Console.WriteLine($"guest      {await serial.LineWith("cpu1 online=0-1")}");

foreach (IHotplugOperation operation in vm.Memory.Resize(768 * MiB).Operations)
{
    Report(await operation.Completion);
}

Report(await vm.UnplugCpus([1])[0].Completion);
Console.WriteLine($"now        {vm.GetCpuSlots().Count(slot => slot.Occupant is not null)} processors, {vm.Memory.GetSummary().PluggedSize / MiB} MiB plugged in");

vm.Quit(ShutdownReason.HostQmpQuit);
return await vm.Completion;

static void Report(OperationSnapshot end) =>
    Console.WriteLine($"operation  {end.Id} {end.Kind} of {end.Target}: {end.State} ({end.Detail}), {(end.EndedAt - end.RequestedAt)?.TotalMilliseconds:F0} ms");
