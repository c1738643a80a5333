namespace Limber.Vfio;

/// <summary>Who keeps the groups that a function is in.</summary>
internal interface IVfioOwner
{
    /// <summary>Resets the bus that the function is on, when all functions of that bus are this machine's.</summary>
    /// <param name="device">The function.</param>
    /// <param name="alone">Only when no other function of the machine would be reset with it.</param>
    /// <returns>0, or a negated <c>errno</c> value.</returns>
    int HotReset(VfioDevice device, bool alone);

    /// <summary>The function is closed.</summary>
    void Release(VfioPciFunction function);
}
