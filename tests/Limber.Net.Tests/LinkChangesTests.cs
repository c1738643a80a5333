using System;
using Limber.Interop;

namespace Limber.Net.Tests;

/// <summary>With an interface of this host's kernel, made and gone with the test.</summary>
public sealed class LinkChangesTests
{
    private const int PatienceMilliseconds = 20_000;

    [Fact]
    public void InterfaceThatComesOrGoes_IsTold_AndForgotten()
    {
        using LinkChanges changes = LinkChanges.Open();
        TapInterface tap;
        try
        {
            tap = TapInterface.Open(new TapOptions { Name = "ltest%d", BringUp = false });
        }
        catch (HostException e)
        {
            Assert.Skip("needs /dev/net/tun and the right to make interfaces: " + e.Message);
            return;
        }

        Assert.True(IsReadable(changes, PatienceMilliseconds));
        changes.Clear();
        tap.Dispose();
        Assert.True(IsReadable(changes, PatienceMilliseconds));
        changes.Clear();
        changes.Clear();
    }

    private static unsafe bool IsReadable(LinkChanges changes, int milliseconds)
    {
        PollDescriptor descriptor = new() { fd = changes.Descriptor.Number, events = PollDescriptor.POLLIN };
        return Libc.poll(&descriptor, 1, milliseconds) == 1;
    }
}
