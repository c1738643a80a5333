namespace Limber.Acpi;

/// <summary>Preferred power management profile of the FADT (ACPI 6.5, table 5.9).</summary>
public enum PowerProfile : byte
{
    Unspecified = 0,
    Desktop = 1,
    Mobile = 2,
    Workstation = 3,
    EnterpriseServer = 4,
    SohoServer = 5,
    AppliancePc = 6,
    PerformanceServer = 7,
    Tablet = 8,
}
