namespace Limber.Device;

/// <summary>One line of a device's register table.</summary>
/// <param name="Register">The device's name for it.</param>
/// <param name="Offset">Bytes from the start of the device's range.</param>
/// <param name="Width">1, 2, 4 or 8 bytes.</param>
/// <param name="Access">Directions, and whether narrower accesses are allowed.</param>
/// <typeparam name="TRegister">The device's enumeration of its registers.</typeparam>
public readonly record struct RegisterDefinition<TRegister>(TRegister Register, int Offset, int Width, RegisterAccess Access)
    where TRegister : struct;
