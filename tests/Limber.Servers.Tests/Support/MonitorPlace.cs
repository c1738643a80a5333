using System;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Text;
using Limber.Chardev.Monitors;
using Limber.Config;
using Limber.Servers.Hmp;
using Limber.Servers.Qmp;

namespace Limber.Servers.Tests.Support;

/// <summary>A monitor on a real Unix socket, as the program has it, and its clients.</summary>
internal sealed class MonitorPlace : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly MonitorServices services;
    private readonly MonitorListener listener;

    /// <param name="dialect">Null for the text monitor.</param>
    public MonitorPlace(QmpDialect? dialect)
    {
        services = new MonitorServices(Machine);
        listener = MonitorListener.Open(new ChardevConfig.UnixSocket(path, true, false));
        listener.Start(stream =>
        {
            if (dialect is null)
            {
                new HmpSession(stream, services).Start();
            }
            else
            {
                new QmpSession(stream, services, dialect).Start();
            }
        });
    }

    public FakeVirtualMachine Machine { get; } = FakeDeviceManager.CreateMachine();

    public FakeDeviceManager Devices => (FakeDeviceManager)Machine.Devices;

    public Client Connect(string greetingEnd = "\r\n") => new(path, greetingEnd);

    public Client ConnectQemu()
    {
        Client client = Connect();
        Assert.Equal("{\"return\": {}}", client.Ask("{'execute':'qmp_capabilities'}"));
        return client;
    }

    public void Dispose()
    {
        listener.Dispose();
        services.Dispose();
    }

    internal sealed class Client : IDisposable
    {
        private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        private readonly string end;

        public Client(string path, string end)
        {
            this.end = end;
            socket.Connect(new UnixDomainSocketEndPoint(path));
            ReadAnswer();
        }

        /// <summary>Sends a message or a line and returns the answer to it, without its end.</summary>
        public string Ask(string text, params SentPipe[] pipes)
        {
            Send(text + "\n", pipes);
            return ReadAnswer();
        }

        /// <summary>The text of the refusal of a command.</summary>
        public string Refusal(string text, params SentPipe[] pipes) => Answer.Parse(Ask(text, pipes)).Member("error").Member("desc").AsString();

        public void Send(string text, params SentPipe[] pipes) =>
            DescriptorSender.Send(socket, Encoding.ASCII.GetBytes(text), [.. pipes.Select(static pipe => pipe.Number)]);

        public string ReadAnswer()
        {
            var text = new StringBuilder();
            byte[] one = new byte[1];
            while (!text.ToString().EndsWith(end, StringComparison.Ordinal))
            {
                Assert.Equal(1, socket.Receive(one));
                text.Append((char)one[0]);
            }

            return text.ToString()[..^end.Length];
        }

        public void Dispose() => socket.Dispose();
    }
}
