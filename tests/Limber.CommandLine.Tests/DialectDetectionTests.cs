using Limber.Config;

namespace Limber.CommandLine.Tests;

public sealed class DialectDetectionTests
{
    [Theory]
    // The name wins over everything.
    [InlineData("qemu-system-x86_64 --kernel k -qmp unix:s,server,nowait", Dialect.Qemu)]
    [InlineData("/usr/bin/qemu-system-x86_64 -m 512", Dialect.Qemu)]
    [InlineData("stratovirt -machine q35 -qmp unix:s,server,nowait", Dialect.StratoVirt)]
    [InlineData("/opt/cloud-hypervisor --kernel k", Dialect.CloudHypervisor)]
    // Then the subcommand.
    [InlineData("limber qemu --kernel k", Dialect.Qemu)]
    [InlineData("limber stratovirt -machine q35 -qmp unix:s,server,nowait", Dialect.StratoVirt)]
    [InlineData("limber cloud-hypervisor --kernel k", Dialect.CloudHypervisor)]
    // Then the style.
    [InlineData("limber -m 512", Dialect.Qemu)]
    [InlineData("limber --kernel k", Dialect.CloudHypervisor)]
    [InlineData("limber --kernel=k", Dialect.CloudHypervisor)]
    [InlineData("limber -v --kernel k", Dialect.CloudHypervisor)]
    [InlineData("limber --kernel k --serial null", Dialect.CloudHypervisor)]
    [InlineData("limber --cpus boot=1 --kernel k", Dialect.CloudHypervisor)]
    [InlineData("limber --kernel k --append text", Dialect.Qemu)]
    [InlineData("limber --m 512", Dialect.Qemu)]
    [InlineData("limber -kernel k -append --cpus", Dialect.Qemu)]
    [InlineData("limber --kernel k -m 512 -append x", Dialect.Qemu)]
    [InlineData("limber -machine q35 -qmp unix:s,server,nowait", Dialect.StratoVirt)]
    [InlineData("limber -machine q35 -kernel k -append server,nowait -qmp unix:s,server=on,wait=off", Dialect.Qemu)]
    [InlineData("limber -machine q35 -chardev socket,id=a,path=s,server,nowait -mon chardev=a,id=m,mode=control", Dialect.StratoVirt)]
    [InlineData("limber -machine pc -qmp unix:s,server,nowait", Dialect.Qemu)]
    [InlineData("limber -M q35 -qmp unix:s,server,nowait", Dialect.Qemu)]
    [InlineData("limber -machine q35 -monitor stdio -qmp unix:s,server,nowait", Dialect.Qemu)]
    [InlineData("limber -qmp unix:s,server=on,wait=off", Dialect.Qemu)]
    [InlineData("limber -serial unix:s,server,nowait", Dialect.Qemu)]
    public void Parse_TellsTheDialect(string line, Dialect expected) =>
        Assert.Equal(expected, CommandLines.Run(line).Dialect);

    [Theory]
    [InlineData("limber")]
    [InlineData("limber --help")]
    [InlineData("limber -h")]
    [InlineData("limber help")]
    [InlineData("./limber -help")]
    public void Parse_GeneralHelp_CoversTheThreeDialects(string line)
    {
        string text = CommandLines.Print(line);

        Assert.Contains("-smp 1,maxcpus=8", text);
        Assert.Contains("unix:qmp.sock,server,nowait", text);
        Assert.Contains("--cpus boot=4,max=8", text);
    }

    [Theory]
    [InlineData("limber qemu --help", "-qmp-pretty")]
    [InlineData("limber -m 512 -help", "-qmp-pretty")]
    [InlineData("limber stratovirt -h", "StratoVirt")]
    [InlineData("stratovirt -help", "StratoVirt")]
    [InlineData("limber cloud-hypervisor", "--api-socket")]
    [InlineData("limber --kernel k --help", "--api-socket")]
    [InlineData("cloud-hypervisor", "--api-socket")]
    public void Parse_DialectHelp_ListsItsOptions(string line, string expected) =>
        Assert.Contains(expected, CommandLines.Print(line));

    [Theory]
    [InlineData("limber --version")]
    [InlineData("limber -version")]
    [InlineData("limber qemu -version")]
    [InlineData("stratovirt -V")]
    [InlineData("cloud-hypervisor --version")]
    public void Parse_Version_NamesTheProduct(string line) =>
        Assert.Contains("imber 0.", CommandLines.Print(line));
}
