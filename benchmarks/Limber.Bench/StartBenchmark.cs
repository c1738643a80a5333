using System.Diagnostics;
using System.Globalization;
using Limber.TestKit;

namespace Limber.Bench;

/// <summary>Until a monitor answers, and how fast it answers for many slots. The guest is not started.</summary>
internal static class StartBenchmark
{
    public const string Start = "start";
    public const string Query = "query";
    public const int Repetitions = 10;
    private const int RoundTrips = 20;

    /// <summary>From the start of the process to QMP's greeting.</summary>
    /// <param name="vmm">Whose.</param>
    /// <param name="shape">Of the machine.</param>
    /// <param name="report">Takes the figures; null for a run that only reads the executable from the disk.</param>
    public static void MeasureStart(Vmm vmm, MachineShape shape, Report? report)
    {
        using var directory = new TemporaryDirectory();
        long start = Stopwatch.GetTimestamp();
        using VmmProcess process = StartPaused(vmm, shape, directory);
        using QmpWire wire = QmpWire.Connect(directory["qmp"], process);
        double greeting = Session.Since(start);
        wire.RoundTrip("""{"execute": "qmp_capabilities"}""");
        wire.RoundTrip("""{"execute": "query-cpus-fast"}""");
        double answer = Session.Since(start);
        report?[Start, Title("exec to QMP greeting, maxcpus", shape), vmm].Add(greeting);
        report?[Start, Title("exec to the reply of query-cpus-fast, maxcpus", shape), vmm].Add(answer);
    }

    /// <summary>Round trips of the query that lists all slots.</summary>
    public static void MeasureQuery(Vmm vmm, MachineShape shape, Report report)
    {
        Samples samples = report[Query, Title("query-hotpluggable-cpus, maxcpus", shape), vmm];
        try
        {
            using var directory = new TemporaryDirectory();
            using VmmProcess process = StartPaused(vmm, shape, directory);
            using QmpWire wire = QmpWire.Connect(directory["qmp"], process);
            wire.RoundTrip("""{"execute": "qmp_capabilities"}""");
            wire.RoundTrip("""{"execute": "query-hotpluggable-cpus"}""");
            for (int i = 0; i < RoundTrips; i++)
            {
                samples.Add(wire.RoundTrip("""{"execute": "query-hotpluggable-cpus"}"""));
            }
        }
        catch (RefusedException e)
        {
            samples.Refusal = e.Message;
        }
    }

    private static string Title(string what, MachineShape shape) => string.Create(CultureInfo.InvariantCulture, $"{what} {shape.MaxCpus}, ms");

    private static VmmProcess StartPaused(Vmm vmm, MachineShape shape, TemporaryDirectory directory) =>
        new(vmm.Executable, [.. vmm.Arguments(shape, directory["qmp"], directory["serial"]), "-S"]);
}
