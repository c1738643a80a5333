using System;
using System.IO;
using Limber.TestKit;

namespace Limber.Demo;

/// <summary>Plays the main job on a real guest: <c>limber-demo --limber FILE --guest DIR</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        if (args is not ["--limber", { } limber, "--guest", { } guest])
        {
            Console.Error.WriteLine("usage: limber-demo --limber FILE --guest DIR");
            return 2;
        }

        var console = new StoryConsole();
        try
        {
            console.Chapter("An unmodified Debian kernel boots with 2 of 4 processors");
            using var machine = new StoryMachine(console, limber, Path.Combine(guest, "vmlinux"), Path.Combine(guest, "initramfs-full.cpio"));
            new HotplugStory(console, machine).Play();
            return 0;
        }
        catch (Exception e) when (e is ScenarioException or IOException)
        {
            console.Failure(e.Message);
            return 1;
        }
    }
}
