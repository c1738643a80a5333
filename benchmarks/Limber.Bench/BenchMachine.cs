using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>A machine whose guest has started, and what is done to it. Both monitors get the same commands.</summary>
internal sealed class BenchMachine : IDisposable
{
    private const double BootSeconds = 180;
    private const double EventSeconds = 60;
    private const int SettleMilliseconds = 300;

    private readonly TemporaryDirectory directory;
    private readonly VmmProcess process;
    private readonly QmpClient qmp;
    private readonly MachineShape shape;
    private IReadOnlyList<string> slots = [];

    private BenchMachine(Vmm vmm, MachineShape shape, TemporaryDirectory directory)
    {
        this.shape = shape;
        this.directory = directory;
        long start = Stopwatch.GetTimestamp();
        process = new VmmProcess(vmm.Executable, vmm.Arguments(shape, directory["qmp"], directory["serial"]));
        try
        {
            // The first connection says whether there is a machine at all; it must be gone before the next is served.
            QmpWire.Connect(directory["qmp"], process).Dispose();
            Signals = GuestSignals.Connect(directory["serial"], process);
            qmp = QmpClient.Connect(directory["qmp"]);
            BootMilliseconds = Stopwatch.GetElapsedTime(start, Signals.WaitFor(GuestSignals.Running, 0, 1, BootSeconds)).TotalMilliseconds;
        }
        catch
        {
            process.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>From the start of the process to the first character of the guest's init.</summary>
    public double BootMilliseconds { get; }

    public GuestSignals Signals { get; }

    /// <summary>The monitor's process.</summary>
    public int ProcessId => process.Id;

    /// <summary>Starts a machine and waits for its guest.</summary>
    /// <exception cref="RefusedException">The monitor refuses such a machine.</exception>
    public static BenchMachine Start(Vmm vmm, MachineShape shape) => new(vmm, shape, new TemporaryDirectory());

    /// <summary>Learns the slots' properties, so that <see cref="Add"/> need not ask.</summary>
    public void PrepareSlots()
    {
        if (slots.Count == 0)
        {
            slots = [.. qmp.Execute("query-hotpluggable-cpus").EnumerateArray().Reverse().Select(Describe)];
        }
    }

    /// <summary>Asks for a processor in slot <paramref name="index"/>, counted from the lowest; returns with the reply.</summary>
    public void Add(int index) => qmp.Execute("device_add", $$"""{"id": "{{Id(index)}}", {{slots[index]}}}""");

    /// <summary>Asks a processor back; returns with the reply.</summary>
    public void Delete(int index) => qmp.Execute("device_del", $$"""{"id": "{{Id(index)}}"}""");

    /// <summary>Limber's own command for many processors at once.</summary>
    public void Resize(int cpus) => qmp.Execute("x-limber-resize", $$"""{"cpus": {{cpus}}}""");

    /// <summary>Makes a back end and plugs it in as a DIMM; returns with the last reply.</summary>
    /// <param name="id">Of the DIMM.</param>
    /// <param name="size">Bytes. No page is reserved: the host may have less than that.</param>
    public void AddDimm(string id, long size)
    {
        qmp.Execute("object-add", $$"""{"qom-type": "memory-backend-ram", "id": "{{id}}-mem", "size": {{size}}, "reserve": false}""");
        qmp.Execute("device_add", $$"""{"driver": "pc-dimm", "id": "{{id}}", "memdev": "{{id}}-mem"}""");
    }

    /// <summary>Asks a DIMM back; returns when it is gone.</summary>
    public void RemoveDimm(string id, double seconds)
    {
        qmp.Execute("device_del", $$"""{"id": "{{id}}"}""");
        qmp.WaitEvent("DEVICE_DELETED", seconds, e => DeviceOf(e) == id);
    }

    /// <summary>Any command; returns with the reply.</summary>
    public void Execute(string command, string arguments) => qmp.Execute(command, arguments);

    /// <summary>Waits until a device has been reported as gone.</summary>
    public void WaitDeleted(string id) => qmp.WaitEvent("DEVICE_DELETED", EventSeconds, e => DeviceOf(e) == id);

    /// <summary>Gives back what <see cref="AddDimm"/> made for a DIMM that is gone.</summary>
    public void DeleteBackend(string id) => qmp.Execute("object-del", $$"""{"id": "{{id}}-mem"}""");

    /// <summary>Stops the guest, or lets it go on.</summary>
    public void SetRunning(bool running) => qmp.Execute(running ? "cont" : "stop");

    /// <summary>Waits until the processors of slots 1 to <paramref name="count"/> have been reported as gone.</summary>
    public void WaitDeleted(int count)
    {
        HashSet<string> left = [.. Enumerable.Range(1, count).Select(Id)];
        while (left.Count > 0)
        {
            JsonElement gone = qmp.WaitEvent("DEVICE_DELETED", EventSeconds, e => DeviceOf(e) is { } id && left.Contains(id));
            left.Remove(DeviceOf(gone)!);
        }
    }

    /// <summary>Waits until the guest has reported <paramref name="count"/> times what came of a notification (_OST).</summary>
    /// <param name="source">1 for a plug, 3 for a removal (ACPI 6.5, 6.3.5).</param>
    public void WaitReported(int source, int count = 1)
    {
        for (int i = 0; i < count; i++)
        {
            qmp.WaitEvent("ACPI_DEVICE_OST", EventSeconds, e => IsSuccess(e, source));
        }
    }

    /// <summary>Forgets what was not waited for.</summary>
    public void Settle()
    {
        Thread.Sleep(SettleMilliseconds);
        while (qmp.PendingEvents is [.., JsonElement last])
        {
            qmp.WaitEvent(last.GetProperty("event").GetString() ?? "");
        }
    }

    /// <summary>Pages of the monitor's mappings without the guest's memory, in KiB: all of them, and the anonymous ones.</summary>
    public (long Resident, long Anonymous) MeasureMemory()
    {
        long size = 0, resident = 0, anonymous = 0;
        int guestMappings = 0;
        foreach (string line in File.ReadLines($"/proc/{process.Id}/smaps"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (fields[0])
            {
                case "Size:":
                    size = KiB(fields);
                    guestMappings += IsGuestMemory(size) ? 1 : 0;
                    break;
                case "Rss:" when !IsGuestMemory(size): resident += KiB(fields); break;
                case "Anonymous:" when !IsGuestMemory(size): anonymous += KiB(fields); break;
            }
        }

        return guestMappings == 1
            ? (resident, anonymous)
            : throw new ScenarioException($"{guestMappings} mappings have the size of the guest's memory, and it must be one");
    }

    public void Dispose()
    {
        qmp.Dispose();
        Signals.Dispose();
        process.Dispose();
        directory.Dispose();
    }

    private static string? DeviceOf(JsonElement deleted) =>
        deleted.GetProperty("data").TryGetProperty("device", out JsonElement device) ? device.GetString() : null;

    private bool IsGuestMemory(long size) => size == shape.MemoryMiB * 1024L;

    private static long KiB(string[] fields) => long.Parse(fields[1], CultureInfo.InvariantCulture);

    private static string Id(int index) => $"cpu{index}";

    private static string Describe(JsonElement slot)
    {
        JsonElement props = slot.GetProperty("props");
        return $"\"driver\": \"{slot.GetProperty("type").GetString()}\", " + string.Join(", ", props.EnumerateObject().Select(p => $"\"{p.Name}\": {p.Value.GetRawText()}"));
    }

    private static bool IsSuccess(JsonElement message, int source)
    {
        JsonElement info = message.GetProperty("data").GetProperty("info");
        return info.GetProperty("source").GetInt32() == source && info.GetProperty("status").GetInt32() == 0;
    }
}
