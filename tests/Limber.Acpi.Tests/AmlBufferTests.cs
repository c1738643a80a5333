using System;

namespace Limber.Acpi.Tests;

public sealed class AmlBufferTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(1, "01")]
    [InlineData(63, "3F")]
    [InlineData(64, "4004")]
    [InlineData(4095, "4FFF")]
    [InlineData(4096, "800001")]
    [InlineData(0xF_FFFF, "8FFFFF")]
    [InlineData(0x10_0000, "C0000001")]
    [InlineData(AmlBuffer.MaxPackageLength, "CFFFFFFF")]
    public void PackageLength_AtBoundary_IsPacked(int value, string hex)
    {
        var buffer = new AmlBuffer();
        buffer.PackageLength(value);
        Assert.Equal(hex, Convert.ToHexString(buffer.Written));
        Assert.Equal(hex.Length / 2, AmlBuffer.PackedSize(value));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(AmlBuffer.MaxPackageLength + 1)]
    public void PackageLength_OutOfRange_Throws(int value)
    {
        ArgumentException e = Assert.Throws<ArgumentException>(() => new AmlBuffer().PackageLength(value));
        Assert.Contains(value.ToString(System.Globalization.CultureInfo.InvariantCulture), e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(62, 63)]
    [InlineData(63, 65)]
    [InlineData(4093, 4095)]
    [InlineData(4094, 4097)]
    [InlineData(0xF_FFFC, 0xF_FFFF)]
    [InlineData(0xF_FFFD, 0x10_0001)]
    [InlineData(AmlBuffer.MaxPackageLength - 4, AmlBuffer.MaxPackageLength)]
    public void PackageLengthAround_AtBoundary_CountsItself(long body, int length) =>
        Assert.Equal(length, AmlBuffer.PackageLengthAround(body));

    [Fact]
    public void PackageLengthAround_TooLarge_Throws() =>
        Assert.Throws<ArgumentException>(() => AmlBuffer.PackageLengthAround(AmlBuffer.MaxPackageLength - 3L));

    [Fact]
    public void Write_BeyondCapacity_Grows()
    {
        var buffer = new AmlBuffer(0);
        for (int i = 0; i < 1000; i++)
        {
            buffer.DWord((uint)i);
        }

        byte[] bytes = buffer.ToArray();
        Assert.Equal(4000, bytes.Length);
        Assert.Equal(999, BitConverter.ToInt32(bytes, 3996));
    }

    /// <summary>A device whose body has every size around the boundaries: the length that stands there ends the term.</summary>
    [Theory]
    [InlineData(50, 75)]
    [InlineData(4080, 4105)]
    [InlineData(0xF_FFF0, 0x10_0005)]
    public void Device_BodyAroundBoundary_LengthEndsAtItsEnd(int from, int to)
    {
        for (int size = from; size <= to; size++)
        {
            // NameOp, name, StringPrefix, characters, NUL.
            byte[] bytes = Aml.Device("DEV0", Aml.Name("STR0", Aml.String(new string('x', size)))).ToBytes();
            Assert.Equal(bytes.Length - 2, PackageLengthReader.Read(bytes.AsSpan(2)).Length);
            Assert.Equal(0, bytes[^1]);
        }
    }
}
