using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Limber.Interop.Tests;

public sealed class ProcessMappingsTests
{
    private const string Program = """
        00400000-00452000 r-xp 00000000 08:02 173521      /usr/bin/some program
        Size:                328 kB
        Anonymous:             0 kB
        VmFlags: rd ex mr mw me
        00651000-00652000 r--p 00051000 08:02 173521      /usr/bin/some program
        Anonymous:             4 kB
        00652000-00655000 rw-p 00052000 08:02 173521      /usr/bin/some program
        Anonymous:             0 kB
        7f0000000000-7f0000021000 r--p 00000000 08:02 173521 /usr/bin/some program
        Anonymous:             0 kB

        """;

    [Fact]
    public void FindCleanImages_Program_TakesUnchangedPagesThatCannotBeWritten() =>
        Assert.Equal(new (nint, nuint)[] { (0x400000, 0x52000), (unchecked((nint)0x7f0000000000), 0x21000) }, Find(Program));

    [Theory]
    [InlineData("7f0000030000-7f0000031000 r--p 00000000 08:02 99 /srv/data")]
    [InlineData("7f0000030000-7f0000031000 r--s 00000000 08:02 173521 /usr/bin/some program")]
    [InlineData("7f0000030000-7f0000031000 r--p 00000000 00:00 0")]
    [InlineData("7f0000030000-7f0000031000 r-xp 00000000 00:00 0 [vdso]")]
    [InlineData("7f0000031000-7f0000030000 r--p 00000000 08:02 173521 /usr/bin/some program")]
    [InlineData("garbage")]
    public void FindCleanImages_AnythingElse_IsLeftAlone(string mapping) =>
        Assert.Equal(2, Find(Program + mapping + "\nAnonymous:             0 kB\n").Count);

    [Fact]
    public void Read_LineLongerThanTheBuffer_FindsWhatIsAround()
    {
        string padding = "7f0000030000-7f0000031000 r--s 00000000 08:02 5 /" + new string('x', 20_000) + "\nAnonymous:             0 kB\n";
        Assert.Equal(2, Find(padding + Program).Count);
    }

    [Fact]
    public void Read_ArrivesByteByByte_FindsTheSame()
    {
        ProcessMappings mappings = new();
        mappings.Read(new Trickle(Encoding.ASCII.GetBytes(Program)));
        Assert.Equal(2, mappings.FindCleanImages().Count());
    }

    [Theory]
    [InlineData("rw-p 00000000 00:00 0", "rd wr mr mw me ac sd", 1)]
    [InlineData("rw-p 00000000 00:00 0", "rd wr mr mw me ac sd hg", 0)]
    [InlineData("rw-p 00000000 00:00 0", "rd wr mr mw me ac nh sd", 0)]
    [InlineData("rw-s 00000000 00:00 0", "rd wr sh mr mw me ms ac sd", 0)]
    [InlineData("rw-p 00000000 00:00 0                  [stack]", "rd wr mr mw me gd ac", 0)]
    public void FindOwnMemory_TakesWhatNobodyAdvisedAbout(string mapping, string flags, int expected)
    {
        ProcessMappings mappings = new();
        string text = "7f0000030000-7f0000031000 " + mapping + "\nAnonymous:             0 kB\nVmFlags: " + flags + " \n";
        mappings.Read(new MemoryStream(Encoding.ASCII.GetBytes(Program + text)));
        Assert.Equal(expected, mappings.FindOwnMemory().Count());
        Assert.Equal(2, mappings.FindCleanImages().Count());
    }

    [Fact]
    public void GiveBack_ThisProcess_GoesOn()
    {
        ProcessMemory.GiveBack();
        Assert.Equal("42", 42.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static IReadOnlyList<(nint Start, nuint Length)> Find(string smaps)
    {
        ProcessMappings mappings = new();
        mappings.Read(new MemoryStream(Encoding.ASCII.GetBytes(smaps)));
        return [.. mappings.FindCleanImages()];
    }

    private sealed class Trickle(byte[] content) : MemoryStream(content)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1));
    }
}
