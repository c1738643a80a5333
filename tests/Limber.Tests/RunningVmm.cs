using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Limber.TestKit;

namespace Limber.Tests;

/// <summary>The executable with the notice as its guest, two monitor sockets and a REST socket where the dialect has one.</summary>
internal sealed class RunningVmm : IDisposable
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "limber");

    private readonly TemporaryDirectory directory = new();
    private readonly VmmProcess process;

    private RunningVmm(Func<TemporaryDirectory, string[]> arguments)
    {
        process = new VmmProcess(Executable, arguments(directory));
    }

    public string Qmp => directory["qmp"];

    public string Hmp => directory["hmp"];

    public string Rest => directory["rest"];

    /// <summary>A machine with QMP and HMP.</summary>
    public static RunningVmm StartWithMonitors()
    {
        var vmm = new RunningVmm(place =>
        [
            "qemu", "-display", "none", "-nodefaults", "-m", "64", "-machine", "q35", "-cpu", "host", "-smp", "1,maxcpus=4",
            "-qmp", $"unix:{place["qmp"]},server=on,wait=off", "-monitor", $"unix:{place["hmp"]},server=on,wait=off",
        ]);
        vmm.ExpectAlive();
        return vmm;
    }

    /// <summary>A machine with REST; its kernel does nothing.</summary>
    public static RunningVmm StartWithRest()
    {
        var vmm = new RunningVmm(place =>
        {
            File.WriteAllBytes(place["kernel"], IdleKernel.Image());
            return
            [
                "cloud-hypervisor", "--kernel", place["kernel"], "--memory", "size=64M", "--cpus", "boot=1,max=4",
                "--serial", "null", "--console", "off", "--api-socket", place["rest"],
            ];
        });
        vmm.WaitForRest();
        return vmm;
    }

    /// <summary>A process without a machine, and the path of a kernel for one that does nothing.</summary>
    public static RunningVmm StartWithoutMachine(out string kernel)
    {
        string path = "";
        var vmm = new RunningVmm(place =>
        {
            path = place["kernel"];
            File.WriteAllBytes(path, IdleKernel.Image());
            return ["cloud-hypervisor", "--api-socket", place["rest"]];
        });
        kernel = path;
        vmm.WaitForRest();
        return vmm;
    }

    // The socket's file is there a moment before anybody listens.
    private void WaitForRest()
    {
        Deadline deadline = Deadline.In(20);
        while (!deadline.HasPassed && !process.HasExited)
        {
            try
            {
                ExpectRestAlive();
                return;
            }
            catch (SocketException)
            {
                System.Threading.Thread.Sleep(10);
            }
        }

        ExpectRestAlive();
    }

    /// <summary>The process ends by itself, well.</summary>
    public void ExpectEnd() => Assert.Equal(0, process.WaitForExit(20));

    /// <summary>A connection without a client's manners.</summary>
    public static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000, SendTimeout = 30_000 };
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>Reads until the text ends so, or the other end closes.</summary>
    public static string ReadUntil(Socket socket, string end)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[1 << 16];
        while (!text.ToString(Math.Max(0, text.Length - 4096), Math.Min(4096, text.Length)).Contains(end, StringComparison.Ordinal))
        {
            int count = socket.Receive(buffer);
            if (count == 0)
            {
                break;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    /// <summary>Greets, negotiates and asks for the status, on a connection of its own.</summary>
    public void ExpectAlive()
    {
        using QmpClient client = QmpClient.Connect(Qmp);
        Assert.Equal("running", client.Execute("query-status").GetProperty("status").GetString());
        Assert.False(process.HasExited);
    }

    public void ExpectRestAlive()
    {
        Assert.False(process.HasExited, process.Error.All);
        Assert.Equal(200, new RestClient(Rest).Send("GET", "vmm.ping").Status);
    }

    /// <summary>Quits, and the process must end well and have said nothing.</summary>
    public void Quit()
    {
        using (QmpClient client = QmpClient.Connect(Qmp))
        {
            client.Execute("quit");
        }

        Assert.Equal(0, process.WaitForExit(20));
        Assert.DoesNotContain("nhandled", process.Error.All, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        process.Dispose();
        directory.Dispose();
    }
}
