using System;
using System.IO;

namespace Limber.Interop.Tests;

public sealed class HostProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 3", 3 << 8)]
    [InlineData("kill -TERM $$", 15)]
    [InlineData("test \"$1\" = 'one two' && test $# = 2", 0)]
    public void Run_SaysHowItEnded(string script, int status)
    {
        Assert.Equal(status, HostProgram.Run("/bin/sh", ["-c", script, "script", "one two", ""], Patience));
    }

    [Fact]
    public void Run_PassesTheEnvironment()
    {
        Environment.SetEnvironmentVariable("LIMBER_TEST_VARIABLE", "passed on");
        Assert.Equal(0, HostProgram.Run("/bin/sh", ["-c", "test \"$LIMBER_TEST_VARIABLE\" = 'passed on'"], Patience));
    }

    [Fact]
    public void Run_LeavesItNoDescriptorsOfOurs_AndNothingToRead()
    {
        using var signal = new HostEvent();
        string path = Path.GetTempFileName();
        try
        {
            Assert.Equal(0, HostProgram.Run("/bin/sh", ["-c", "for f in /proc/self/fd/*; do readlink $f; done >\"$0\"; cat", path], Patience));
            Assert.DoesNotContain("eventfd", File.ReadAllText(path));
            Assert.Contains("/dev/null", File.ReadAllText(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Run_WhatDoesNotEnd_IsKilled()
    {
        HostException late = Assert.Throws<HostException>(() => HostProgram.Run("/bin/sleep", ["1000"], TimeSpan.Zero));
        Assert.Equal(ErrorNumber.ETIMEDOUT, late.ErrorNumber);
        Assert.Contains("/bin/sleep", late.Message);
    }

    [Fact]
    public void Run_WhatIsNotThere_IsRefused()
    {
        Assert.Contains("/nowhere/program", Assert.Throws<HostException>(() => HostProgram.Run("/nowhere/program", [], Patience)).Message);
        Assert.Throws<HostException>(() => HostProgram.Run("/etc/passwd", [], Patience));
    }
}
