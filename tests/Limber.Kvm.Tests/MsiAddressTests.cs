namespace Limber.Kvm.Tests;

public sealed class MsiAddressTests
{
    [Theory]
    [InlineData(0xFEE0_1000UL, 0xFEE0_1000UL)] // 1
    [InlineData(0xFEEF_F000UL, 0xFEEF_F000UL)] // 255
    [InlineData(0xFEE0_0020UL, 0x100_FEE0_0000UL)] // 256
    [InlineData(0xFEE2_C020UL, 0x100_FEE2_C000UL)] // 300
    [InlineData(0xFEEF_F06CUL, 0x300_FEEF_F00CUL)] // 1023, with redirection hint and logical mode
    [InlineData(0xFEEF_FFE0UL, 0x7F00_FEEF_F000UL)] // 32767
    [InlineData(0xFEE0_0030UL, 0xFEE0_0030UL)] // for interrupt remapping
    [InlineData(0xFED0_0020UL, 0xFED0_0020UL)] // no interrupt message
    public void ToKvm_MovesTheExtendedDestinationToTheUpperHalf(ulong guest, ulong kernel) => Assert.Equal(kernel, MsiAddress.ToKvm(guest));

    [Theory]
    [InlineData(0x2C02_0000_0000_0031UL, true)] // destination 300
    [InlineData(0x2C02_0000_0001_0031UL, false)] // masked
    [InlineData(0x2C02_0000_0000_8031UL, false)] // level
    [InlineData(0x2C00_0000_0000_0031UL, false)] // destination 44
    public void IsEdgeToExtendedDestination_IsOnlyWhatTheKernelWouldMisdirect(ulong bits, bool expected) =>
        Assert.Equal(expected, new IoApicRedirection(bits).IsEdgeToExtendedDestination);

    [Fact]
    public void ToMessage_CarriesDestinationModesAndVector()
    {
        // Destination 300, logical, lowest priority, vector 0x31, and delivery status, which is no part of it.
        Device.MsiMessage message = new IoApicRedirection(0x2C02_0000_0000_1931).ToMessage();
        Assert.Equal((0xFEE2_C024UL, 0x131u), (message.Address, message.Data));
        Assert.Equal(0x100_FEE2_C004UL, MsiAddress.ToKvm(message.Address));
    }
}
