using Limber.Pci.Tests.Conformance;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

public sealed class RootPortConformanceTests : PciFunctionConformance
{
    protected override PciFunction Create() => new PcieRootPort(new PcieRootPortOptions { SlotNumber = 1 }, new SlotHost());
}
