using System.Threading;
using Limber.TestKit;

namespace Limber.LabTests;

/// <summary>What a plug and a removal cost, counted, at several maxima.</summary>
internal static class CostScenarios
{
    public static Scenario[] All =>
    [
        new("exits-maxcpus-4", c => CountExits(c, 4)),
        new("exits-maxcpus-64", c => CountExits(c, 64)),
        new("exits-maxcpus-254", c => CountExits(c, 254)),
    ];

    private static void CountExits(LabContext context, int maximum)
    {
        if (!ExitTrace.IsAvailable)
        {
            throw new SkipException("the kernel's tracing is not mounted");
        }

        LabVm vm = context.StartGuest($"1,maxcpus={maximum}").Booted();
        Thread.Sleep(2000);
        ExitTrace plug = ExitTrace.During(() => vm.Plug(1, "c"));
        ExitTrace offlineRemoval = ExitTrace.During(() => vm.Unplug("c"));
        vm.Plug(1, "c");
        vm.OnlineAll();
        vm.ExpectCpus(2);
        Thread.Sleep(2000);
        ExitTrace onlineRemoval = ExitTrace.During(() => vm.Unplug("c"));
        context.Figures.Add($"plug: {plug}");
        context.Figures.Add($"removal of an offline CPU: {offlineRemoval}");
        context.Figures.Add($"removal of an online CPU: {onlineRemoval}");
        vm.PowerOff();

        // One report of success for a plug; start, eject and report of success for a removal. Whatever the maximum.
        Check.Equal(1, plug.UserExits, "exits to user space for a plug");
        Check.Equal(3, offlineRemoval.UserExits, "exits to user space for a removal");
        Check.Equal(3, onlineRemoval.UserExits, "exits to user space for a removal of a CPU that is online");
    }
}
