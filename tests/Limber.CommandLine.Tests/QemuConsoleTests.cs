using System.Linq;
using Limber.Config;

namespace Limber.CommandLine.Tests;

public sealed class QemuConsoleTests
{
    public static TheoryData<string, ChardevConfig?> SerialForms => new()
    {
        { "stdio", new ChardevConfig.Stdio() },
        { "null", new ChardevConfig.Null() },
        { "none", null },
        { "pty", new ChardevConfig.Pty() },
        { "file:out,1=2", new ChardevConfig.File("out,1=2") },
        { "unix:s", new ChardevConfig.UnixSocket("s", false, false) },
        { "unix:s,server=on", new ChardevConfig.UnixSocket("s", true, true) },
        { "unix:s,server=on,wait=off", new ChardevConfig.UnixSocket("s", true, false) },
        { "unix:s,server,nowait", new ChardevConfig.UnixSocket("s", true, false) },
        { "unix:a,,b,server=yes,wait=no", new ChardevConfig.UnixSocket("a,b", true, false) },
        { "unix:path=s,server=off", new ChardevConfig.UnixSocket("s", false, false) },
        { "tcp:localhost:4444", new ChardevConfig.TcpSocket("localhost", 4444, false, false) },
        { "tcp::4444,server,nowait,nodelay", new ChardevConfig.TcpSocket("0.0.0.0", 4444, true, false) },
        { "tcp:[::1]:4444,server=on", new ChardevConfig.TcpSocket("::1", 4444, true, true) },
        { "mon:stdio", new ChardevConfig.Stdio(WithMonitor: true) },
    };

    [Theory]
    [MemberData(nameof(SerialForms))]
    public void Parse_Serial_TakesEveryShortForm(string form, ChardevConfig? expected) =>
        Assert.Equal([expected], CommandLines.Run($"limber -nodefaults -serial '{form}'").Serials);

    [Theory]
    [InlineData("socket,id=a,path=s,server=on,wait=off -serial chardev:a")]
    [InlineData("socket,path=s,server,nowait,id=a -serial chardev:a")]
    [InlineData("backend=socket,id=a,path=other,path=s,server=on,wait=off -serial chardev:a")]
    public void Parse_Chardev_IsReferencedById(string rest) =>
        Assert.Equal(
            [new ChardevConfig.UnixSocket("s", true, false)],
            CommandLines.Run("limber qemu -nodefaults -chardev " + rest).Serials);

    [Fact]
    public void Parse_Mon_MayStandBeforeItsChardev()
    {
        VmConfig config = CommandLines.Run(
            "limber -nodefaults -mon chardev=a,mode=control,pretty=on -mon b -chardev pty,id=b -chardev file,id=a,path=f,append=on");

        Assert.Equal(
            [
                new MonitorConfig(MonitorProtocol.Qmp, Dialect.Qemu, new ChardevConfig.File("f", Append: true), true),
                new MonitorConfig(MonitorProtocol.Hmp, Dialect.Qemu, new ChardevConfig.Pty()),
            ],
            config.Monitors);
    }

    [Fact]
    public void Parse_MuxedStdio_IsASerialPortWithMonitor()
    {
        VmConfig config = CommandLines.Run(
            "limber -nodefaults -chardev stdio,mux=on,id=c -mon chardev=c,mode=readline -serial chardev:c");

        Assert.Equal([new ChardevConfig.Stdio(WithMonitor: true)], config.Serials);
        Assert.Empty(config.Monitors);
    }

    [Fact]
    public void Parse_QmpPretty_Indents() =>
        Assert.True(CommandLines.Run("limber -qmp-pretty unix:s,server=on,wait=off").Monitors.Single().Pretty);

    [Theory]
    [InlineData("-nodefaults", 0, 0)]
    [InlineData("-nodefaults -nographic", 0, 0)]
    [InlineData("-nodefaults -monitor none", 0, 0)]
    [InlineData("-nographic -serial none", 1, 1)]
    [InlineData("-nographic -serial none -monitor none", 1, 0)]
    [InlineData("-display none", 1, 0)]
    public void Parse_Defaults_AreThoseOfQemu(string line, int serials, int monitors)
    {
        VmConfig config = CommandLines.Run("limber " + line);

        Assert.Equal((serials, monitors), (config.Serials.Length, config.Monitors.Length));
    }

    [Fact]
    public void Parse_NoGraphic_PutsSerialAndMonitorOnStdio()
    {
        Assert.Equal([new ChardevConfig.Stdio(WithMonitor: true)], CommandLines.Run("limber -nographic").Serials);
        Assert.Equal(
            [new ChardevConfig.Stdio()],
            CommandLines.Run("limber -nographic -qmp unix:s,server=on,wait=off").Serials);
        Assert.Equal(
            new ChardevConfig.Stdio(), CommandLines.Run("limber -nographic -serial null").Monitors.Single().Backend);
    }

    [Fact]
    public void Parse_WithoutDisplay_NothingUsesStdio() =>
        Assert.Equal([new ChardevConfig.Null()], CommandLines.Run("limber -display none").Serials);

    [Theory]
    [InlineData("-serial stdio -monitor stdio", "-monitor stdio: cannot use stdio by multiple character devices")]
    [InlineData("-serial mon:stdio -qmp stdio", "-qmp stdio: cannot use stdio by multiple character devices")]
    [InlineData("-chardev stdio,id=a -serial chardev:a -serial stdio", "-serial stdio: cannot use stdio by multiple character devices")]
    [InlineData("-qmp foo", "-qmp foo: 'foo' is not a valid char driver")]
    [InlineData("-qmp none", "-qmp none: 'none' is not a valid char driver")]
    [InlineData("-serial udp::1", "-serial udp::1: not built yet (supported: stdio, null, pty, file:, unix:, tcp:, chardev:)")]
    [InlineData("-serial mon:pty", "-serial mon:pty: not built yet (mon: is supported with stdio)")]
    [InlineData("-serial file:", "-serial file:: chardev: file: no filename given")]
    [InlineData("-serial unix:", "-serial unix:: a socket needs 'path', or 'host' and 'port'")]
    [InlineData("-serial unix:s,wait=on", "-serial unix:s,wait=on: 'wait' option is incompatible with socket in client connect mode")]
    [InlineData("-serial unix:s,foo=1", "-serial unix:s,foo=1: Invalid parameter 'foo'")]
    [InlineData("-serial unix:s,server=maybe", "-serial unix:s,server=maybe: Parameter 'server' expects 'on' or 'off'")]
    [InlineData("-serial unix:s,telnet=on", "-serial unix:s,telnet=on: telnet=on: not built yet")]
    [InlineData("-serial tcp:host", "-serial tcp:host: 'host' is not HOST:PORT")]
    [InlineData("-serial tcp:host:70000", "-serial tcp:host:70000: port '70000' is not a number from 0 to 65535")]
    [InlineData("-serial chardev:x", "-serial chardev:x: chardev \"x\" not found")]
    [InlineData("-mon x", "-mon x: chardev \"x\" not found")]
    [InlineData("-mon mode=control", "-mon mode=control: Parameter 'chardev' is missing")]
    [InlineData("-mon x,mode=foo", "-mon x,mode=foo: unknown monitor mode \"foo\"")]
    [InlineData("-mon x,pretty=on", "-mon x,pretty=on: 'pretty' is not compatible with HMP monitors")]
    [InlineData("-chardev null", "-chardev null: chardev: no id specified")]
    [InlineData("-chardev null,id=1a", "-chardev null,id=1a: Parameter 'id' expects an identifier")]
    [InlineData("-chardev id=a", "-chardev id=a: chardev: \"a\" missing backend")]
    [InlineData("-chardev foo,id=a", "-chardev foo,id=a: 'foo' is not a valid char driver")]
    [InlineData("-chardev udp,id=a", "-chardev udp,id=a: backend 'udp': not built yet (supported: socket, stdio, pty, file, null)")]
    [InlineData("-chardev file,id=a", "-chardev file,id=a: chardev: file: no filename given")]
    [InlineData("-chardev null,id=a,path=x", "-chardev null,id=a,path=x: Invalid parameter 'path'")]
    [InlineData("-chardev null,id=a", "-chardev null,id=a: no serial port or monitor uses chardev 'a'")]
    [InlineData("-chardev null,id=a -chardev pty,id=a", "-chardev pty,id=a: Duplicate ID 'a' for chardev")]
    [InlineData("-chardev null,id=a -serial chardev:a -mon a", "-mon a: chardev 'a' is already in use")]
    [InlineData("-chardev pty,id=a,mux=on", "-chardev pty,id=a,mux=on: mux=on: not built yet (supported with the backend stdio)")]
    [InlineData("-serial null -serial null -serial null -serial null -serial pty", "-serial pty: too many serial ports (the limit is 4)")]
    public void Parse_Refuses(string line, string expected) =>
        Assert.Equal("limber: " + expected, CommandLines.Error("limber qemu -nodefaults " + line));
}
