using System.Linq;
using Limber.Servers.Tests.Support;

namespace Limber.Servers.Tests.Qmp;

/// <summary>What differed from QEMU beside it, and what device commands say to nonsense.</summary>
public sealed class PciAuditTests : DeviceSession
{
    [Theory]
    [InlineData("")]
    [InlineData("1x")]
    [InlineData("a b")]
    [InlineData("a/b")]
    public void Id_ThatIsNoIdentifier_IsRefused(string id)
    {
        const string refusal = "Parameter 'id' expects an identifier";
        Assert.Equal(refusal, Client.Refusal($"{{'execute':'device_add','arguments':{{'driver':'virtio-rng-pci','id':'{id}','bus':'rp3'}}}}"));
        Assert.Equal(refusal, Client.Refusal($"{{'execute':'netdev_add','arguments':{{'type':'tap','id':'{id}','ifname':'t'}}}}"));
        Assert.Equal(refusal, Client.Refusal($"{{'execute':'object-add','arguments':{{'qom-type':'rng-random','id':'{id}'}}}}"));
    }

    [Theory]
    [InlineData("'driver':'raw','file':{'driver':'file','filename':''}", "The 'file' block driver requires a file name")]
    [InlineData("'driver':'raw','detect-zeroes':'unmap','file':{'driver':'file','filename':'/x'}", "setting detect-zeroes to unmap is not allowed without setting discard operation to unmap")]
    [InlineData("'driver':'raw','offset':512,'file':{'driver':'file','filename':'/x'}", "Parameter 'offset': not built yet (the whole file is the image)")]
    [InlineData("'driver':'qcow2','backing':'spare','file':{'driver':'file','filename':'/x'}", "backing=spare: not built yet (the image's own backing file is used)")]
    public void Node_ThatCannotBe_IsRefusedInWords(string members, string refusal) =>
        Assert.Equal(refusal, Client.Refusal($"{{'execute':'blockdev-add','arguments':{{'node-name':'x',{members}}}}}"));

    [Theory]
    [InlineData("'werror':'stop'", "werror=stop: not built yet (supported: report)")]
    [InlineData("'rerror':'ignore'", "rerror=ignore: not built yet (supported: report)")]
    [InlineData("'werror':'x'", "Parameter 'werror' does not accept value 'x'")]
    [InlineData("'logical_block_size':4096", "logical_block_size=4096: not built yet (supported: 512)")]
    public void DiskProperty_ThatIsNotBuilt_SaysSo(string property, string refusal) =>
        Assert.Equal(refusal, Client.Refusal($"{{'execute':'device_add','arguments':{{'driver':'virtio-blk-pci','drive':'spare','bus':'rp3',{property}}}}}"));

    [Fact]
    public void Node_IsNoDrive_ButItsDiskIsListed()
    {
        Client.Ask("{'execute':'blockdev-add','arguments':{'driver':'raw','node-name':'n','file':{'driver':'file','filename':'/n'}}}");
        Assert.Equal(["d0", "spare"], Devices());
        Assert.Equal(Done, Client.Ask("{'execute':'device_add','arguments':{'driver':'virtio-blk-pci','id':'b9','drive':'n','bus':'rp3'}}"));
        Assert.Equal(["d0", "", "spare"], Devices());

        string[] Devices() => [.. Client.Return("{'execute':'query-block'}").AsArray().Select(static disk => disk.Member("device").AsString())];
    }

    [Fact]
    public void CharacterDevices_AreListed()
    {
        Assert.Equal("[]", Client.Return("{'execute':'query-chardev'}").ToString());
        Client.Ask("{'execute':'chardev-add','arguments':{'id':'f','backend':{'type':'file','data':{'out':'/f'}}}}");
        Client.Ask("{'execute':'chardev-add','arguments':{'id':'s','backend':{'type':'socket','data':{'addr':{'type':'unix','data':{'path':'/s'}},'server':false}}}}");
        Client.Ask("{'execute':'netdev_add','arguments':{'type':'vhost-user','id':'n1','chardev':'s'}}");
        Assert.Equal(
            "[{\"frontend-open\":false,\"filename\":\"file\",\"label\":\"f\"},{\"frontend-open\":true,\"filename\":\"unix:/s\",\"label\":\"s\"}]",
            Client.Return("{'execute':'query-chardev'}").ToString());
        Assert.Equal("[]", Client.Return("{'execute':'query-iothreads'}").ToString());
    }

    [Fact]
    public void Link_IsSet_ByTheCardsName()
    {
        Assert.Equal(Done, Client.Ask("{'execute':'set_link','arguments':{'name':'b0','up':false}}"));
        Assert.False(((FakeDeviceManager)Machine.Devices).Links["b0"]);
        Assert.Equal("Device 'nosuch' not found", Client.Refusal("{'execute':'set_link','arguments':{'name':'nosuch','up':true}}"));
        Assert.Equal("Parameter 'up' is missing", Client.Refusal("{'execute':'set_link','arguments':{'name':'b0'}}"));
    }

    [Fact]
    public void EntropySource_OfNoFile_IsRefused() => Assert.Equal(
        "Could not open '/nonexistent': No such file or directory",
        Client.Refusal("{'execute':'object-add','arguments':{'qom-type':'rng-random','id':'r9','filename':'/nonexistent'}}"));
}
