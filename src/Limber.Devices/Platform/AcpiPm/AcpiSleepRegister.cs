namespace Limber.Devices.Platform.AcpiPm;

/// <summary>The registers of <see cref="AcpiSleepDevice"/>.</summary>
internal enum AcpiSleepRegister
{
    /// <summary>Sleep control register.</summary>
    Control,

    /// <summary>Sleep status register.</summary>
    Status,

    /// <summary>Reset register.</summary>
    Reset,
}
