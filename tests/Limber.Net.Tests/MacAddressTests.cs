namespace Limber.Net.Tests;

public sealed class MacAddressTests
{
    [Theory]
    [InlineData("52:54:00:12:34:56", "52:54:00:12:34:56")]
    [InlineData("2E-89-A8-E4-BF-49", "2e:89:a8:e4:bf:49")]
    [InlineData("0:1:2:3:4:5", "00:01:02:03:04:05")]
    public void TryParse_AcceptsTheWaysPeopleWriteIt(string text, string expected)
    {
        Assert.True(MacAddress.TryParse(text, out MacAddress address));
        Assert.Equal(expected, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("52:54:00:12:34")]
    [InlineData("52:54:00:12:34:56:78")]
    [InlineData("52:54:00:12:34:5g")]
    [InlineData("52:54:00:12:34:+5")]
    [InlineData("525:4:00:12:34:56")]
    public void TryParse_RefusesOtherTexts(string text) => Assert.False(MacAddress.TryParse(text, out _));

    [Fact]
    public void IsUnicast_IsFalseForGroupsAndZero()
    {
        Assert.True(MacAddress.Default(0).IsUnicast);
        Assert.True(MacAddress.TryParse("01:00:5e:00:00:01", out MacAddress group));
        Assert.False(group.IsUnicast);
        Assert.False(default(MacAddress).IsUnicast);
    }
}
