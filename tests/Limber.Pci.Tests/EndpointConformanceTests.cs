using Limber.Pci.Tests.Conformance;
using Limber.Pci.Tests.Fakes;

namespace Limber.Pci.Tests;

public sealed class EndpointConformanceTests : PciFunctionConformance
{
    protected override PciFunction Create() => new TestFunction();
}
