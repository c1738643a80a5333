namespace Limber.Vfio;

/// <summary>Hears of the accesses to trapped parts of BARs.</summary>
/// <remarks>Thread: any vCPU's; allocates nothing.</remarks>
internal interface IVfioAccessObserver
{
    /// <summary>The guest has accessed a register: perhaps the one that ends its interrupt.</summary>
    void OnTrappedAccess();

    /// <summary>The host refused an access.</summary>
    void OnAccessRefused();
}
