using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>What a machine costs before and beside its guest. Needs no Linux guest: any <c>/dev/kvm</c> will do.</summary>
internal static class StartUpScenarios
{
    private const int Runs = 30;
    private const long GuestMiB = 256;
    private const long MemoryLimitKiB = 8 * 1024;
    private const long SizeGoalBytes = 12_000_000;

    public static Scenario[] All => [new("start-up", StartUp)];

    private static void StartUp(LabContext context)
    {
        double[] times = [.. Enumerable.Range(0, Runs).Select(_ => TimeToFirstByte(context)).Order()];
        context.Figures.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"exec to the first byte that guest code sends, {Runs} runs: median {times[Runs / 2]:F1} ms, least {times[0]:F1} ms, most {times[^1]:F1} ms"));

        (long memory, long anonymous) = MeasureMemory(context);
        context.Figures.Add(
            $"resident memory beside {GuestMiB} MiB of guest memory, with one QMP client: {memory} KiB (limit: {MemoryLimitKiB}), of that {anonymous} KiB anonymous");
        long size = new FileInfo(context.Limber).Length;
        context.Figures.Add($"executable: {size} bytes");

        // Times are reported, never judged; sizes are judged.
        Check.True(memory <= MemoryLimitKiB, $"{memory} KiB beside the guest's memory exceed {MemoryLimitKiB} KiB");
        Check.True(size <= SizeGoalBytes, $"an executable of {size} bytes exceeds {SizeGoalBytes} bytes");
    }

    private static double TimeToFirstByte(LabContext context)
    {
        long start = Stopwatch.GetTimestamp();
        using var process = new VmmProcess(context.Limber, Arguments());
        process.Output.WaitFor("L", 0, 30);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static (long Resident, long Anonymous) MeasureMemory(LabContext context)
    {
        string socket = context["qmp"];
        VmmProcess process = context.Start([.. Arguments(), "-qmp", $"unix:{socket},server=on,wait=off"]);
        using QmpClient client = QmpClient.Connect(socket);
        process.Output.WaitFor("halted", 0, 30);

        // What is not needed any more goes back a second after the last client came.
        Thread.Sleep(3000);
        return ResidentOutsideGuestMemory(process.Id);
    }

    private static string[] Arguments() =>
        ["-display", "none", "-nodefaults", "-m", GuestMiB.ToString(CultureInfo.InvariantCulture), "-machine", "q35,accel=kvm", "-cpu", "qemu64", "-smp", "1,maxcpus=4", "-serial", "stdio"];

    // The guest's memory is the one mapping of its size.
    private static (long Resident, long Anonymous) ResidentOutsideGuestMemory(int process)
    {
        long total = 0;
        long anonymous = 0;
        long size = 0;
        foreach (string line in File.ReadLines($"/proc/{process}/smaps"))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields[0] == "Size:")
            {
                size = long.Parse(fields[1], CultureInfo.InvariantCulture);
            }
            else if (fields[0] == "Rss:" && size != GuestMiB * 1024)
            {
                total += long.Parse(fields[1], CultureInfo.InvariantCulture);
            }
            else if (fields[0] == "Anonymous:" && size != GuestMiB * 1024)
            {
                anonymous += long.Parse(fields[1], CultureInfo.InvariantCulture);
            }
        }

        return (total, anonymous);
    }
}
