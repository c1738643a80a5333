using Limber.Device;

namespace Limber.Pci;

/// <summary>Which accesses the MSI-X structures take.</summary>
internal static class MsixAccess
{
    public static IoStatus Check(ulong offset, int width, uint length)
    {
        if (width is not (4 or 8))
        {
            return IoStatus.InvalidWidth;
        }

        if (offset >= length || (ulong)width > length - offset)
        {
            return IoStatus.InvalidRegister;
        }

        return offset % (ulong)width == 0 ? IoStatus.Ok : IoStatus.Unaligned;
    }
}
