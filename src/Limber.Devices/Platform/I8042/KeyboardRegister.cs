namespace Limber.Devices.Platform.I8042;

/// <summary>The controller's two addresses.</summary>
internal enum KeyboardRegister
{
    /// <summary>Port 0x60: output buffer when read, input buffer when written.</summary>
    Data,

    /// <summary>Port 0x64 read.</summary>
    Status,

    /// <summary>Port 0x64 written.</summary>
    Command,
}
