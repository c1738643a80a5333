using System;
using System.Net;
using Limber.Interop;
using Limber.Net.Native;

namespace Limber.Net;

/// <content>What is set on an interface when it is opened.</content>
public sealed unsafe partial class TapInterface
{
    private void Configure(TapOptions options)
    {
        int number = Libc.socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        using var control = new FileDescriptor(number >= 0 ? number : throw HostException.FromLastError("cannot open a socket to configure interfaces"));
        if (options.HostMac is { } mac)
        {
            InterfaceRequest request = NetIo.Request(Name);
            request.Family = NetIo.ARPHRD_ETHER;
            mac.CopyTo(new Span<byte>(request.Data, 6));
            NetIo.Call(control, NetIo.SIOCSIFHWADDR, ref request, $"cannot set the Ethernet address of {Name} to {mac}");
        }

        if (options.Mtu is { } mtu)
        {
            InterfaceRequest request = NetIo.Request(Name);
            request.Mtu = mtu;
            NetIo.Call(control, NetIo.SIOCSIFMTU, ref request, $"cannot set the MTU of {Name} to {mtu}");
        }

        if (options.Address is { } address)
        {
            SetAddress(control, NetIo.SIOCSIFADDR, address);
            SetAddress(control, NetIo.SIOCSIFNETMASK, options.Netmask!);
        }

        if (options.BringUp)
        {
            BringUp(control);
        }
    }

    private void SetAddress(FileDescriptor control, uint which, IPAddress address)
    {
        InterfaceRequest request = NetIo.Request(Name);
        request.Family = Libc.AF_INET;
        address.GetAddressBytes().CopyTo(new Span<byte>(request.Data + 2, 4));
        NetIo.Call(control, which, ref request, $"cannot give {Name} the address or mask {address}");
    }

    private void BringUp(FileDescriptor control)
    {
        InterfaceRequest request = NetIo.Request(Name);
        NetIo.Call(control, NetIo.SIOCGIFFLAGS, ref request, $"cannot read the state of {Name}");
        request.Flags |= NetIo.IFF_UP | NetIo.IFF_RUNNING;
        NetIo.Call(control, NetIo.SIOCSIFFLAGS, ref request, $"cannot bring {Name} up");
    }
}
