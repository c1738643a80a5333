using System;

namespace Limber.Kvm.Tests;

public sealed class KvmSystemTests
{
    [Fact]
    public void Open_OfWhatIsNotThere_NamesThePathAndTheReason()
    {
        KvmException e = Assert.Throws<KvmException>(() => KvmSystem.Open("/dev/no-kvm-here"));
        Assert.Equal("cannot open /dev/no-kvm-here: No such file or directory", e.Message);
    }

    [Fact]
    public void Open_OfAnotherDevice_SaysThatItIsNotKvm()
    {
        KvmException e = Assert.Throws<KvmException>(() => KvmSystem.Open("/dev/null"));
        Assert.StartsWith("/dev/null is not the KVM device", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_OfTheHost_AreSane()
    {
        Assert.SkipUnless(TinyVm.HostHasKvm, "needs /dev/kvm");
        using KvmSystem system = KvmSystem.Open();
        Assert.InRange(system.MaxVcpus, system.RecommendedVcpus, 1 << 16);
        Assert.True(system.MaxVcpuId >= system.MaxVcpus);
        Assert.Contains(system.GetSupportedCpuid(), e => e.Function == 1 && e.Edx != 0);
    }
}
