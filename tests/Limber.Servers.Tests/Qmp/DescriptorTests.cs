using System;
using System.Linq;
using Limber.Config.Backends;
using Limber.Control;
using Limber.Interop;
using Limber.Servers.Qmp;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>Descriptors that come beside the bytes of a monitor's socket. Texts and fates are those seen of QEMU.</summary>
public sealed class DescriptorTests : IDisposable
{
    private const string Done = "{\"return\": {}}";
    private const string NoneSent = "No file descriptor supplied via SCM_RIGHTS";

    private readonly MonitorPlace place = new(QmpDialect.Qemu);
    private readonly SentPipe first = new();
    private readonly SentPipe second = new();

    public void Dispose()
    {
        place.Dispose();
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public void Getfd_GivesAName_WhichClosefdTakesAway()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        Assert.Equal(NoneSent, client.Refusal(Getfd("a")));
        Assert.Equal(NoneSent, client.Refusal(Getfd("1a")));
        Assert.Equal("Parameter 'fdname' expects a name not starting with a digit", client.Refusal(Getfd("1a"), first));
        Assert.Equal(0, first.Copies);
        Assert.Equal(Done, client.Ask(Getfd("a"), first));
        Assert.Equal(1, first.Copies);
        Assert.Equal(Done, client.Ask(Getfd("a"), second));
        Assert.Equal((0, 1), (first.Copies, second.Copies));
        Assert.Equal(Done, client.Ask(Closefd("a")));
        Assert.Equal(0, second.Copies);
        Assert.Equal("File descriptor named 'a' not found", client.Refusal(Closefd("a")));
    }

    [Fact]
    public void Getfd_OfSeveral_TakesTheFirstAndClosesTheOthers()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        Assert.Equal(Done, client.Ask(Getfd("a"), first, second, second));
        Assert.Equal((1, 0), (first.Copies, second.Copies));
        Assert.Equal(NoneSent, client.Refusal(Getfd("b")));
    }

    [Fact]
    public void Getfd_InStratoVirtsDialect_TakesTheLast()
    {
        using var other = new MonitorPlace(QmpDialect.StratoVirt);
        using MonitorPlace.Client client = other.Connect();
        client.Ask(Getfd("a"), first, second);
        Assert.Equal((0, 1), (first.Copies, second.Copies));
    }

    [Fact]
    public void Unclaimed_WaitsUntilOthersCome_SixteenAtMost()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        client.Ask("{'execute':'query-name'}", first);
        Assert.Equal(1, first.Copies);
        client.Ask("{'execute':'query-name'}", [.. Enumerable.Repeat(second, 20)]);
        Assert.Equal((0, 16), (first.Copies, second.Copies));
        Assert.Equal(Done, client.Ask(Getfd("late")));
        Assert.Equal(1, second.Copies);
    }

    [Fact]
    public void Getfd_SentAheadOfAnswers_EachHasItsOwn()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        client.Send(Getfd("a") + "\n", first);
        client.Send(Getfd("none") + "\n");
        client.Send(Getfd("b") + "\n", second);
        Assert.Equal(Done, client.ReadAnswer());
        Assert.Contains(NoneSent, client.ReadAnswer());
        Assert.Equal(Done, client.ReadAnswer());
        client.Ask(Closefd("a"));
        Assert.Equal((0, 1), (first.Copies, second.Copies));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Getfd_SentInParts_HasTheDescriptorOfAnyPart(int part)
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        string[] parts = ["{'execute':'get", "fd','arguments':{'fdn", "ame':'a'}}"];
        for (int i = 0; i < parts.Length; i++)
        {
            client.Send(parts[i], i == part ? [first] : []);
        }

        Assert.Equal(Done, client.ReadAnswer());
        Assert.Equal(1, first.Copies);
    }

    [Fact]
    public void Session_Ends_AllAreClosed()
    {
        using (MonitorPlace.Client client = place.ConnectQemu())
        {
            client.Ask(Getfd("a"), first);
            client.Ask("{'execute':'query-name'}", second);
            client.Send("{'execute':'qu", second, second);
        }

        first.WaitFor(0);
        second.WaitFor(0);
    }

    [Fact]
    public void Names_AreTheClientsAlone()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        using MonitorPlace.Client other = place.ConnectQemu();
        client.Ask(Getfd("a"), first);
        Assert.Equal("File descriptor named 'a' not found", other.Refusal(Closefd("a")));
        Assert.Equal("File descriptor named 'a' has not been found", other.Refusal(Netdev("'fd':'a'")));
        Assert.Equal(
            "{\"return\": \"Error: File descriptor named 'a' not found\\r\\n\"}",
            client.Ask("{'execute':'human-monitor-command','arguments':{'command-line':'closefd a'}}"));
    }

    [Fact]
    public void Flood_HoldsNoMoreThanTheLimits()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        SentPipe[] many = [.. Enumerable.Repeat(first, 16)];
        for (int i = 0; i < 100; i++)
        {
            client.Send("{'execute':'query-name'} ", many);
        }

        for (int i = 0; i < 100; i++)
        {
            client.ReadAnswer();
        }

        Assert.Equal(16, first.Copies);
        for (int i = 0; i < MonitorDescriptors.MaximumNames; i++)
        {
            Assert.Equal(Done, client.Ask(Getfd("n" + i), second));
        }

        Assert.Equal("Too many named file descriptors (maximum: 64): use closefd", client.Refusal(Getfd("more"), second));
        Assert.Equal(Done, client.Ask(Getfd("n0"), second));
        Assert.Equal((0, MonitorDescriptors.MaximumNames), (first.Copies, second.Copies));
    }

    [Fact]
    public void NetdevAdd_ByName_HandsTheDescriptorsToTheMachine()
    {
        using (MonitorPlace.Client client = place.ConnectQemu())
        {
            client.Ask(Getfd("a"), first);
            client.Ask(Getfd("b"), second);
            Assert.Equal(Done, client.Ask(Netdev("'fds':'a:b'")));
            Assert.Equal("File descriptor named 'a' not found", client.Refusal(Closefd("a")));
        }

        var tap = Assert.IsType<TapBackendConfig>(place.Devices.GetBackends()[^1].Config);
        Assert.Equal(2, tap.QueuePairs);
        Assert.True(first.Is(tap.Descriptors[0]) && second.Is(tap.Descriptors[1]), "the machine's descriptors are not those that were sent");
        foreach (int descriptor in tap.Descriptors)
        {
            new FileDescriptor(descriptor).Dispose();
        }
    }

    [Theory]
    [InlineData("'fd':'nope'", "File descriptor named 'nope' has not been found", true)]
    [InlineData("'fds':'nope:a'", "File descriptor named 'nope' has not been found", true)]
    [InlineData("'fd':'a','ifname':'x'", "ifname=, script=, downscript=, and queues= are invalid with fd= or fds=", true)]
    [InlineData("'fd':'a','vhostfd':'a'", "Parameter 'vhostfd' is unexpected", true)]
    [InlineData("'fd':'a','fds':'a'", "fd= and fds= are mutually exclusive", true)]
    [InlineData("'fd':'7x'", "Invalid file descriptor number '7x'", true)]
    [InlineData("'fds':'a:nope'", "File descriptor named 'nope' has not been found", false)]
    [InlineData("'fds':'a:a'", "File descriptor named 'a' has not been found", false)]
    [InlineData("'fds':'a:7x'", "Invalid file descriptor number '7x'", false)]
    [InlineData("'fds':'999:999'", "Parameter 'fds' has the descriptor 999 twice", true)]
    public void NetdevAdd_Wrong_ClosesWhatItHadTaken(string arguments, string refusal, bool stays)
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        client.Ask(Getfd("a"), first);
        Assert.Equal(refusal, client.Refusal(Netdev(arguments)));
        Assert.Equal(stays ? 1 : 0, first.Copies);
        Assert.Equal(stays, client.Ask(Closefd("a")) == Done);
    }

    [Fact]
    public void NetdevAdd_RefusedByTheMachine_ClosesNamesAndNoNumbers()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        client.Ask(Getfd("a"), first);
        Assert.Equal("Duplicate ID 'net0'", client.Refusal(Netdev("'fd':'a'").Replace("'n'", "'net0'", StringComparison.Ordinal)));
        Assert.Equal(1, first.Copies);
        place.Devices.NextRefusal = new VmException(VmErrorCode.HostFailure, "no tap");
        Assert.Equal("no tap", client.Refusal(Netdev($"'fds':'a:{second.Number}'")));
        Assert.Equal(0, first.Copies);
        Assert.True(second.Is(second.Number), "a descriptor that was named by its number is closed");
    }

    [Fact]
    public void NetdevAdd_NumberThatIsTheProcessOwn_IsRefused()
    {
        using MonitorPlace.Client client = place.ConnectQemu();
        using var own = new HostEvent();
        int number = own.Descriptor.Number;
        string refusal = $"File descriptor {number} is none that was passed to this program, or is in use";
        Assert.Equal(refusal, client.Refusal(Netdev($"'fd':'{number}'")));
        Assert.Equal(refusal, client.Refusal(Netdev($"'fds':'{second.Number}:{number}'")));
    }

    [Fact]
    public void Hmp_HasItsOwn()
    {
        using var human = new MonitorPlace(null);
        using MonitorPlace.Client client = human.Connect("(qemu) ");
        Assert.EndsWith("Error: No file descriptor supplied via SCM_RIGHTS\r\n", Line("getfd a"), StringComparison.Ordinal);
        Assert.DoesNotContain("Error", Line("getfd a", first), StringComparison.Ordinal);
        Assert.Equal(1, first.Copies);
        Assert.EndsWith("Error: File descriptor named 'b' has not been found\r\n", Line("netdev_add tap,id=n,fd=b"), StringComparison.Ordinal);
        Assert.DoesNotContain("Error", Line("closefd a"), StringComparison.Ordinal);
        Assert.Equal(0, first.Copies);
        Assert.EndsWith("Error: File descriptor named 'a' not found\r\n", Line("closefd a"), StringComparison.Ordinal);

        // The line editor shows a prompt as it echoes, and another behind the answer.
        string Line(string text, params SentPipe[] pipes)
        {
            string answer = client.Ask(text, pipes);
            while (!answer.Contains('\n', StringComparison.Ordinal))
            {
                answer = client.ReadAnswer();
            }

            return answer;
        }
    }

    private static string Getfd(string name) => $"{{'execute':'getfd','arguments':{{'fdname':'{name}'}}}}";

    private static string Closefd(string name) => $"{{'execute':'closefd','arguments':{{'fdname':'{name}'}}}}";

    private static string Netdev(string arguments) => $"{{'execute':'netdev_add','arguments':{{'type':'tap','id':'n',{arguments}}}}}";
}
